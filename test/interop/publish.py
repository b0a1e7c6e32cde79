"""Publishes what stands on stdin, a JSON array, with confirms; prints for each whether a queue took it.

Nothing of ours is used here: this is what any program in another language does.
"""

import json
import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
outcomes = []
for message in json.load(sys.stdin):
    properties = pika.BasicProperties(delivery_mode=2, **message.get("properties", {}))
    try:
        channel.basic_publish(
            exchange=message["exchange"],
            routing_key=message["key"],
            body=message["body"].encode(),
            properties=properties,
            mandatory=True,
        )
        outcomes.append("taken")
    except pika.exceptions.UnroutableError:
        outcomes.append("returned")
connection.close()
print(json.dumps(outcomes))
