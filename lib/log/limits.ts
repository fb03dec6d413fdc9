/**
 * Every number that bounds a record, a batch or the index. A limit that a caller can hit is named in
 * the error it causes. Numbers marked "format" are part of what is stored: changing one is a new format.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of one record batch as stored. Base64 in a 6 MB Lambda event leaves about 4.5 MB. */
export const batchBytesMax = 4 * MiB;

/** Bytes of one batch after decompression: what a reader must be ready to hold. */
export const batchUncompressedBytesMax = 32 * MiB;

/** Bytes of one request body. Lambda's own limit is 6 MiB for the whole event. */
export const requestBytesMax = 6 * MiB;

/** Bytes of a flush that may ever lie in one item of the table: DynamoDB takes 400 KB in all. */
export const inlineBytesCap = 256 * KiB;

/**
 * Records up to this share a batch with those of other requests, and such a batch grows up to that: readers get
 * whole batches, and search in them for where they begin.
 */
export const sharingBytesMax = 16 * KiB;
export const sharedBatchBytesMax = 128 * KiB;

/** Records in one batch; the wire format could say 2^31. */
export const batchRecordsMax = 1_000_000;

/** Headers of one record, and the bytes of a header's name. */
export const recordHeadersMax = 1_000;
export const headerNameBytesMax = 32 * KiB;

/** Kafka's rule for topic names: `[a-zA-Z0-9._-]{1,249}`, not `.` or `..`. */
export const topicNameLengthMax = 249;

export const partitionsMax = 10_000;

/** Of a topic whose partitions were split or merged: its lineage is part of one item of the table. */
export const lineagePartitionsMax = 1_000;

/** A record may lie this far ahead of the server's clock (Kafka: message.timestamp.after.max.ms). */
export const timestampAheadMsMax = 60 * 60 * 1000;

/** Format. Entries that one index page takes off the tail: the same for every roller, always. */
export const tailEntriesPerPage = 16;

/** Entries at which somebody else rolls, because whoever should have must have died. */
export const tailEntriesOverdue = 96;

/** Entries at which a tail takes no more commits until somebody has rolled it. */
export const tailEntriesMax = 192;

/** Bytes between two places inside one location where a reader may start. */
export const splitIntervalBytes = 512 * KiB;

/** Batches per producer that a retry is recognised by (Kafka: NUM_BATCHES_TO_RETAIN). */
export const producerBatchesRetained = 5;

/** Producers whose batches one commit may carry: a DynamoDB expression holds 4 KB. */
export const producersPerCommitMax = 16;

/** Runs of one producer's batches in one commit: each is a stamp, and weighs on the head. */
export const stampsPerCommitMax = 32;

/** Rolls without a batch after which a producer's entry leaves the head, ... */
export const producerIdleRolls = 32;

/** ... and the earlier age that applies while the head holds more entries than this. */
export const producersInHeadMax = 64;
export const producerIdleRollsCrowded = 8;

/** Above this every producer leaves that has nothing in the tail: a head must not outgrow an item. */
export const producersInHeadHardMax = 256;

/** Fencing tokens are short on purpose: they are part of every head. */
export const fencingTokenLengthMax = 36;

/** Default and cap of a fetch, and of how long it may wait. */
export const fetchBytesDefault = 1 * MiB;
export const fetchBytesMax = 32 * MiB;
export const fetchWaitMsMax = 60_000;

/** What one roll does at most, because a DynamoDB expression holds 4 KB. One page alone may name more. */
export const evictionsPerRollMax = 64;
export const pagesPerRollMax = 12;
export const windowsPerRollMax = 128;
