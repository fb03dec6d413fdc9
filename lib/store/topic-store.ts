/**
 * Port: topics by name, and the counter of producer ids. Strongly consistent. A name is taken or free;
 * an id is for ever, so a topic that is deleted and made again is another topic.
 */

export type Topic = {
  readonly name: string;
  readonly topicId: string;
  readonly partitionCount: number;
  readonly createdAtMs: number;
};

export type TopicList = { readonly topics: readonly Topic[]; readonly after?: string };

export type TopicStore = {
  create(topic: Topic): Promise<'created' | 'exists'>;
  find(name: string): Promise<Topic | undefined>;
  /** In order of names; `after` of one page begins the next. */
  list(countMax: number, after?: string): Promise<TopicList>;
  /** Only the topic with this id: a newer one of the same name stays. */
  delete(topic: Topic): Promise<'deleted' | 'missing'>;
  /** A number that was never returned before. */
  nextProducerId(): Promise<number>;
};
