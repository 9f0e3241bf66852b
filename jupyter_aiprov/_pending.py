"""Temporary, until the parts land; never released."""
from contextlib import nullcontext
class Live:
    def __init__(self, *a): pass
    def install(self): return nullcontext()
class Guard:
    has_columns = False
    def __init__(self, config): pass
    def destination(self, request):
        return "loopback" if request.host in ("127.0.0.1","localhost","::1") else "external"
    def examine(self, request, destination):
        class S:
            warning=None
            def to_dict(self): return {}
        return S()
class Lineage:
    def __init__(self, *a): pass
    def called(self,*a): return None
    def answered(self,*a): pass
    def before_cell(self,*a): pass
    def after_cell(self,*a): return []
    def origins(self): return {}
    def explain(self, n): return ""
    def close(self): pass
from jupyter_aiprov.model import Invocation, Message, Usage
import json
class _R:
    name="openai_chat"; kind="call"
    def read(self, ex):
        q = ex.request.json or {}
        ms = tuple(Message.text(m["role"], str(m.get("content"))) for m in q.get("messages", []))
        if ex.response is None: return Invocation("chat", "openai", q.get("model"), input=ms)
        try: a = json.loads(ex.response.body)
        except ValueError: return Invocation("chat","openai",q.get("model"),input=ms,streamed=True,complete=b"[DONE]" in ex.response.body)
        return Invocation("chat","openai",q.get("model"),a.get("model"),a.get("id"),input=ms,output=(Message.text("assistant", a["choices"][0]["message"]["content"]),),complete=True,usage=Usage(1,2))
def recognise(request, hosts=()):
    return _R() if request.path.endswith("/chat/completions") else None
