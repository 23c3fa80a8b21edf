"""A mail server for the tests, by aiosmtpd: takes mails on loopback and keeps each as a JSON file, before it says so.

Arguments: a folder for the mails, then any of tls, starttls, auth=USER:PASSWORD, refuse=ADDRESS (for ever), later=ADDRESS
(for now), size=BYTES (offered as the largest mail), silent_size=BYTES (refused after the data), cert=FILE, key=FILE, host=ADDRESS.
Prints its port on the first line and ends when its standard input does.
"""

import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path(sys.argv[1])
switches = dict(word.partition("=")[::2] for word in sys.argv[2:])


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == switches.get("refuse"):
            return "550 5.1.1 no such\tuser \x1b[31mhere"
        if address == switches.get("later"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if len(envelope.content) > int(switches.get("silent_size", sys.maxsize)):
            return "552 5.3.4 message size exceeds fixed limit"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = mail.get_body(preferencelist=("plain",))
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "signed_in": bool(session.authenticated),
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "defects": [str(defect) for defect in mail.defects],
            "text": text.get_content().replace("\r\n", "\n"),
            "charset": text.get_content_charset(),
            "attachments": [
                {
                    "name": part.get_filename(),
                    "type": part.get_content_type(),
                    "content": part.get_payload(decode=True).decode(),
                }
                for part in mail.iter_attachments()
            ],
            "raw": envelope.content.decode(),
        }
        number = len(list(folder.iterdir()))
        (folder / f"{number:04}.json").write_text(json.dumps(kept))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    expected = switches["auth"].encode().split(b":")
    # Not handled: the library answers.
    return AuthResult(success=[data.login, data.password] == expected, handled=False)


context = None
if "cert" in switches:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(switches["cert"], switches["key"])


def session():
    options = {"enable_SMTPUTF8": False}
    if "size" in switches:
        options |= {"data_size_limit": int(switches["size"])}
    if "auth" in switches:
        # On loopback signing in needs no TLS.
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if "starttls" in switches:
        options |= {"tls_context": context, "require_starttls": True}
    return SMTP(Keeper(), hostname="mail.test", **options)


async def serve():
    wrapped = context if "tls" in switches else None
    server = await asyncio.get_running_loop().create_server(session, switches.get("host", "127.0.0.1"), 0, ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(done.set)), daemon=True).start()
    await done.wait()


asyncio.run(serve())
