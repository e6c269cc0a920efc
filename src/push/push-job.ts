/** What travels in the push queue: names the work, holds none of it, since queues keep messages for days. */
export interface PushJobMessage {
  /** Names this job over all its tries. */
  job: string;
  nodeId: string;
}
