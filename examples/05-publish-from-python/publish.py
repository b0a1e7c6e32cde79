"""Adds jobs with pika: python3 publish.py amqp://127.0.0.1:5672"""

import json
import sys
import uuid

import pika

url = sys.argv[1] if len(sys.argv) > 1 else "amqp://127.0.0.1:5672"
prefix = sys.argv[2] if len(sys.argv) > 2 else "jobs"
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.confirm_delivery()  # basic_publish now waits until the broker has the job

# The routing key is the job type; the body is the payload as JSON. That is all that is needed.
channel.basic_publish(
    exchange=f"{prefix}.in.normal",
    routing_key="greeting.send",
    body=json.dumps({"name": "Ada"}),
    properties=pika.BasicProperties(delivery_mode=2),
)

# Give an id, so that a repeated run is known to be the same job, and whatever else this job needs.
channel.basic_publish(
    exchange=f"{prefix}.in.high",
    routing_key="greeting.send",
    body=json.dumps({"name": "Grace"}),
    properties=pika.BasicProperties(
        delivery_mode=2,
        message_id=str(uuid.uuid4()),
        headers={"x-job-delay": 500, "x-job-max-attempts": 5, "x-job-tags": "demo,python"},
    ),
)
connection.close()
print("two jobs added")
