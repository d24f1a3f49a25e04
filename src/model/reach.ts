/**
 * To whom an answer for everyone is pushed; who may see it is its audience. `thread`: those who take part, others pull. `gentle`: the same, then
 * the followers' servers when nothing else waits. `all`: everyone now.
 */
export type Reach = (typeof reaches)[number];
export const reaches = ['thread', 'gentle', 'all'] as const;
