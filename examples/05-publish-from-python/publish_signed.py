"""Adds a signed job with pika: python3 publish_signed.py amqp://127.0.0.1:5672 shop KEY"""

import hashlib
import hmac
import json
import sys
import uuid

import pika

url, publisher, key = sys.argv[1:4]
prefix = sys.argv[4] if len(sys.argv) > 4 else "jobs"


def signature(exchange, routing_key, message_id, headers, body, job_type=""):
    as_text = lambda value: str(value).lower() if isinstance(value, bool) else str(value)
    claims = [f"{name}:{as_text(headers[name])}" for name in sorted(headers) if name.startswith("x-job-")]
    lines = [exchange, routing_key, message_id, job_type, *claims]
    signed = "".join(line + "\n" for line in lines).encode() + body
    return "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


exchange, routing_key, message_id = f"{prefix}.in.high", "greeting.send", str(uuid.uuid4())
body = json.dumps({"name": "Grace"}).encode()
headers = {"x-job-publisher": publisher, "x-job-max-attempts": 5}
headers["x-job-signature"] = signature(exchange, routing_key, message_id, headers, body)

connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_publish(
    exchange=exchange,
    routing_key=routing_key,
    body=body,
    properties=pika.BasicProperties(delivery_mode=2, message_id=message_id, headers=headers),
)
connection.close()
print("one signed job added")
