/** What lives in a process group, read from `ps`: tests kill whole groups and watch their memory. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GroupMember {
  pid: number;
  /** Resident memory in bytes. */
  rss: number;
  command: string;
}

/** The live processes of a group; zombies, which hold nothing any more, are left out. */
export async function groupMembers(pgid: number): Promise<GroupMember[]> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,pgid=,stat=,rss=,comm="]);
  const members: GroupMember[] = [];
  for (const line of stdout.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(.*)$/.exec(line);
    if (match === null || Number(match[2]) !== pgid || match[3]?.startsWith("Z")) continue;
    members.push({ pid: Number(match[1]), rss: Number(match[4]) * 1024, command: match[5] ?? "" });
  }
  return members;
}

/** Signals a whole group; a group that is already gone is fine. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
