/**
 * Every bound of the edge, with its reason. Tests reach and pass each one.
 * Times are milliseconds. Frames, messages and ids are measured in bytes of UTF-8; all other sizes in UTF-16 units of
 * text, which is the same for ASCII and needs no counting.
 */
export const LIMITS = {
  /** One frame in; the platform takes 32 MiB, but every byte sits in a 128 MiB isolate several times. */
  maxFrameBytes: 1024 * 1024,
  /** Messages of one array frame: bounds the work of one event. */
  maxMessagesPerFrame: 256,
  /** Largest message after stamping; a storage row holds 2 MB. */
  maxMessageBytes: 1024 * 1024 + 64 * 1024,
  /** node, client, session and cluster ids, and collapse keys. */
  maxIdBytes: 128,
  /** The sender's message id, in characters (PROTOCOL §3). */
  maxMessageIdChars: 64,
  /** Nesting of a message: recursion in recipients' parsers is not ours to blow. */
  maxDepth: 64,
  /** Live sockets of one node; the oldest is closed with 4009 past it. */
  maxConnectionsPerNode: 16,
  /** Token bucket of one connection; the burst is twice the rate. */
  messagesPerSecond: 200,
  bytesPerSecond: 1024 * 1024,
  burstFactor: 2,
  /** Over the burst, so much more is delayed rather than refused, so that a short burst needs no resend. */
  maxPacedMs: 2_000,
  /** Refused messages of a connection within ten seconds before it is closed with 4429. */
  maxRateViolations: 2_000,
  /** Protocol errors of a connection in a minute before it is closed with 4400. */
  maxProtocolErrors: 50,
  /**
   * What a message may say of its push, in bytes of UTF-8. All of it, with the longest ids, fits the 4 KB that push
   * services take; where JSON doubles its length by escapes, the body is shortened.
   */
  maxPushTitleBytes: 200,
  maxPushBodyBytes: 1_000,
  /** As JSON. */
  maxPushDataBytes: 1_500,
  maxPushDataKeys: 32,
  /** Targets of one push_message. */
  maxPushTargets: 1_000,
  /** Ways to wake one node: each is a call for every push. */
  maxPushTargetsOfNode: 10,
  /** Calls to push services at once: the platform opens no more connections for one event. */
  pushCallsInFlight: 6,
  /** Unacked messages and bytes on one connection (the send window). */
  windowMessages: 256,
  windowBytes: 1024 * 1024,
  /** Messages and bytes that wait in memory for room in the window before they go to the inbox. */
  maxWaitingMessages: 1_024,
  maxWaitingBytes: 4 * 1024 * 1024,
  /** Characters sent without an ack to come (classic, volatile) to a connection that gives no sign of life meanwhile. */
  maxUnprovenBytes: 8 * 1024 * 1024,
  /** How long a recipient may take to ack before its messages are written to the inbox. */
  ackGraceMs: 1_000,
  /** Classic connections: how long a send is kept in memory in case the socket breaks abnormally. */
  assumedSentMs: 10_000,
  maxAssumedSentMessages: 1_000,
  maxAssumedSentBytes: 1024 * 1024,
  /** Inbox of one node. */
  inboxMessages: 10_000,
  inboxBytes: 64 * 1024 * 1024,
  inboxTtlMs: 30 * 24 * 3_600_000,
  /** One inbox row, below the 2 MB that the platform takes; a single larger message gets a row of its own. */
  inboxRowBytes: 256 * 1024,
  inboxRowMessages: 256,
  /** Messages of one answer to an inbox read. */
  maxInboxPage: 100,
  /** And their size; a larger message comes alone. */
  maxInboxPageBytes: 1024 * 1024,
  /** One RPC of a lane. */
  laneBatchMessages: 256,
  laneBatchBytes: 512 * 1024,
  /** Up to so many RPCs of a lane in flight a message leaves at once; more of them only once a tick. */
  laneEagerInFlight: 4,
  laneInFlight: 64,
  /** What one lane may hold, in flight included, before the sender is told to slow down. */
  laneMessages: 2_048,
  laneBytes: 8 * 1024 * 1024,
  /** What all lanes of one node may hold together. */
  lanesBytes: 32 * 1024 * 1024,
  /** How long a lane tries a destination that fails before it refuses what waits there. */
  laneRetryMs: 30_000,
  /** Ids remembered for each recent source, and how many sources. */
  dedupIdsPerSource: 1_000,
  dedupSources: 1_000,
  /** Ids remembered in all, about 2 MiB: objects of one class share an isolate. */
  dedupIds: 20_000,
  /** seq numbers reserved in storage at a time. */
  seqBlock: 1_024,
  /** What WELCOME asks clients to ping at. */
  heartbeatMs: 25_000,
  validationKeyTtlMs: 60_000,
  /** Clocks of key issuers, and of the edge's own machines, may be off by this much. */
  clockSkewMs: 60_000,
  /** Nodes of one client_id. */
  maxNodesPerClient: 1_000,
  /** Members of one session: each is a row, and a call whenever it comes online. */
  maxSessionMembers: 10_000,
  /** Sessions of one node, all of which it may have to catch up with when it connects. */
  maxSessionsPerNode: 1_000,
  /** Of these, those that other nodes made it a member of, unasked: they must not take all of its places. */
  maxSessionsByOthers: 500,
  /** Messages of a session that not every member has answered for yet; past it senders are told to slow down. */
  sessionOpenMessages: 2_048,
  sessionOpenBytes: 8 * 1024 * 1024,
  /** And their calls to members, some 30 MiB of them: a session of many members takes fewer messages at a time. */
  sessionOpenCalls: 100_000,
  /** A session's log. */
  sessionLogMessages: 10_000,
  sessionLogBytes: 64 * 1024 * 1024,
  sessionLogTtlMs: 30 * 24 * 3_600_000,
  /** What a member is given at a time when it catches up, and what one read of the history answers at most. */
  sessionPageMessages: 256,
  sessionPageBytes: 512 * 1024,
  /** Sessions that a node catches up with at once. */
  sessionPullsInFlight: 4,
  /** Calls at once to the objects of nodes that are made members together. */
  sessionJoinsInFlight: 32,
  /** A member that reconnects within this time was never offline to the others, nor loses the master's part in a game. */
  presenceGraceMs: 15_000,
  /** Sessions with more members tell how many are online, not who. */
  presenceListMembers: 200,
  /** How old what a session believes of who is online may be when somebody reads it. */
  presenceCheckMs: 60_000,
  /** The default of notify_only_last_few_users where it is just true, as in the original. */
  notifyLastUsers: 256,
  /** A game's state, in bytes of JSON. */
  maxSessionStateBytes: 1024 * 1024,
  /** When a member whose object could not be reached is tried again; and a session that a member's object cannot reach. */
  sessionRetellMs: 30_000,
} as const;
