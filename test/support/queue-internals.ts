/** For `rabbitmqctl eval`: makes the broker close the channels of a queue's consumers, as it does when a client breaks the protocol. */
export function ackOfUnknownTag(queue: string): string {
  const consumers = `rabbit_amqqueue:with(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>), fun(Q) -> {ok, rabbit_amqqueue:consumers(Q)} end)`;
  return `[rabbit_channel:do(element(1, Consumer), {'basic.ack', 987654321, false}) || Consumer <- element(2, ${consumers})].`;
}

/** For `rabbitmqctl eval`: works on the queue `Q`. */
export function onQueue(queue: string, work: string): string {
  return `{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>)), ${work}.`;
}
