"""The original Allspark client's logic, written anew with the websocket-client package.

Shares no code with the edge or its TypeScript tests: the key is made here, the pre-connection is asked for here, and the
socket is opened from addr and port as the original clients did. Run as: classic_client.py EDGE_URL SECRET
Prints one line for each step that held and exits with a traceback at the first that did not.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.parse
import urllib.request

import websocket

TIMEOUT_S = 10
USER_OFFLINE = -4
CONFIG_REQUEST = -101
CONFIG_RESPONSE = -102


def make_auth_key(secret, node_id):
    """A Tornado signed value, version 1, under the name user_key."""
    value = base64.b64encode(node_id.encode()).decode()
    seconds = str(int(time.time()))
    signature = hmac.new(secret.encode(), digestmod=hashlib.sha1)
    for part in ("user_key", value, seconds):
        signature.update(part.encode())
    return "|".join((value, seconds, signature.hexdigest()))


def quoted(parameters):
    return urllib.parse.urlencode(parameters)


class AllsparkClient:
    def __init__(self, edge_url, secret, node_id):
        self.edge_url = edge_url
        self.node_id = node_id
        self.auth_key = make_auth_key(secret, node_id)
        self.socket = None

    def pre_connection_over_http(self):
        query = quoted({"get_pre_connection_info": "True", "auth_key": self.auth_key})
        with urllib.request.urlopen(f"{self.edge_url}/connectV3?{query}", timeout=TIMEOUT_S) as response:
            return json.load(response)

    def pre_connection_over_websocket(self):
        query = quoted({"get_pre_connection_info": "True", "auth_key": self.auth_key})
        socket = websocket.create_connection(
            f"{self.edge_url.replace('http', 'ws', 1)}/connectV3?{query}", timeout=TIMEOUT_S
        )
        info = json.loads(socket.recv())
        opcode, _ = socket.recv_data()
        assert opcode == websocket.ABNF.OPCODE_CLOSE, f"a close should follow the information, not opcode {opcode}"
        socket.close()
        return info

    def connect(self, info, key_name="validation_key"):
        query = quoted({"auth_key": self.auth_key, key_name: info["validation_key"]})
        scheme = "wss" if info["ssl_enabled"] else "ws"
        self.socket = websocket.create_connection(
            f"{scheme}://{info['addr']}:{info['port']}/connectV3?{query}", timeout=TIMEOUT_S
        )

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def receive(self):
        """The next message; raises WebSocketTimeoutException after ten seconds."""
        return json.loads(self.socket.recv())

    def config(self, **payload):
        """Sends a config request and returns the parsed payload of its response."""
        self.send(type=CONFIG_REQUEST, payload=json.dumps(payload))
        response = self.receive()
        assert response["type"] == CONFIG_RESPONSE, response
        assert isinstance(response["payload"], str), "the payload of a config response is a JSON string"
        return json.loads(response["payload"])

    def close(self):
        self.socket.close()


def check_pre_connection(info):
    for field in ("node_id", "cluster_id", "addr", "port", "ssl_enabled", "proxy_80_port", "ws_url", "validation_key"):
        assert field in info, f"{field} is missing in {sorted(info)}"


def main(edge_url, secret):
    alice = AllsparkClient(edge_url, secret, "alice")
    info = alice.pre_connection_over_http()
    check_pre_connection(info)
    alice.connect(info)
    print("alice: v1 key, pre-connection over HTTP, connected")

    bob = AllsparkClient(edge_url, secret, "bob")
    info = bob.pre_connection_over_websocket()
    check_pre_connection(info)
    bob.connect(info, key_name="validation_token")
    print("bob: pre-connection over a WebSocket, connected by validation_token")

    before_ms = time.time() * 1000
    alice.send(dest_id="bob", type=1, payload={"text": "hello"}, payload1="one", payload2=[2], src_id="mallory", extra="kept")
    message = bob.receive()
    assert message["payload"] == {"text": "hello"} and message["payload1"] == "one" and message["payload2"] == [2], message
    assert message["src_id"] == "alice" and message["extra"] == "kept" and message["type"] == 1, message
    assert abs(message["timestamp"] - before_ms) < 60_000, message
    bob.send(dest_id="alice", payload="hello back")
    message = alice.receive()
    assert message["src_id"] == "bob" and message["payload"] == "hello back", message
    print("alice and bob: sent and received, src_id and timestamp are the edge's")

    alice.socket.send("ping")
    assert alice.socket.recv() == "pong"
    print("alice: ping, pong")

    for number in range(3):
        alice.send(dest_id="carol", type=2, payload=f"pending {number}")
        offline = alice.receive()
        assert offline["type"] == USER_OFFLINE and offline["src_id"] == "carol", offline
    print("alice: USER_OFFLINE for each message to carol")

    carol = AllsparkClient(edge_url, secret, "carol")
    carol.connect(carol.pre_connection_over_http())
    client_ms = int(time.time() * 1000)
    inbox = carol.config(fetch_inbox_messages=True, timestamp=client_ms)
    pending = [json.loads(text) for text in inbox["messages"]]
    assert [message["payload"] for message in pending] == ["pending 2", "pending 1", "pending 0"], pending
    assert all(message["src_id"] == "alice" and message["type"] == 2 for message in pending), pending
    assert inbox["more"] is False and inbox["from_seq"] < inbox["to_seq"], inbox
    assert abs(inbox["server_timestamp_add_diff"]) < 60_000, inbox
    print("carol: fetched her inbox, newest first")

    newest = carol.config(fetch_inbox_messages=True, fetch_inbox_messages_from_seq=inbox["to_seq"])
    assert [json.loads(text)["payload"] for text in newest["messages"]] == ["pending 2"], newest
    oldest = carol.config(fetch_inbox_messages=True, fetch_inbox_messages_to_seq=inbox["from_seq"])
    assert [json.loads(text)["payload"] for text in oldest["messages"]] == ["pending 0"], oldest
    print("carol: fetched by seq")

    # Its answer, if there is one, must not be mistaken for a later message.
    carol.send(type=CONFIG_REQUEST, payload=json.dumps({"update_gcm_key": "gcm-key-of-carol"}))
    alice.send(dest_id="carol", payload="live again")
    message = carol.receive()
    while message.get("type") == CONFIG_RESPONSE:
        message = carol.receive()
    assert message["payload"] == "live again", message
    print("carol: gcm key updated, live messages follow")

    for client in (alice, bob, carol):
        client.close()
    print("all closed")


if __name__ == "__main__":
    main(*sys.argv[1:])
