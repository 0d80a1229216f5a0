"""What the values of each label are, over all metrics."""

LABELS = {
    "arch": "architecture of a card, in its maker's words; empty where not known",
    "backend": "`nvml`, `sysfs`, `nvml+sysfs`, `apple`, `demo`, `replay` or `none`",
    "bound": "of the proxy's queue, as its metric's help names",
    "cache_mode": "of the answer cache `simple` or `semantic`",
    "cache_status": "the gateway's word: `HIT`, `SEMANTIC HIT`, `MISS`, `SEMANTIC MISS`, "
    "`REFRESH` or `DISABLED`; `none` or `other`",
    "category": "one of the ten of the question bank",
    "cause": "`memory`, `limit` or `unknown`; of the answer cache what its metric's help names",
    "chip": "driver or name of a group of sensors",
    "collector": "name of a collector of the exporter, from a closed set",
    "component": "`gpu` or `cpu`",
    "cuda_version": "the newest CUDA that the driver supports; empty where there is none",
    "currency": "as the operator named it",
    "deviation": "`too_long` or `too_short`: how an estimate differed from what became true",
    "device": "name of a disk or of a network interface",
    "digest": "the first 12 digits of a model's digest",
    "direction": "`receive` or `transmit`",
    "domain": "of clocks `sm`, `graphics`, `memory` or `video`; of RAPL `package`, `core`, "
    "`uncore`, `dram` or `psys`",
    "driver_version": "version of a card's driver; empty where not known",
    "endpoint": "route template of Ollama's API; `other` for what Ollama does not serve",
    "error_type": "what went wrong, from a closed set (proxy/outcomes.py)",
    "family": "architecture of a model, as Ollama says",
    "fan": "index of a fan",
    "flash_attention": "`on`, `off`, `auto` (the process decides) or `unknown`",
    "gpu": "index of a card",
    "gpu_instance_id": "number of a MIG instance on its card",
    "gpu_layers": "how many layers a process was told to put on GPUs, `all`, `auto` (it decides) "
    "or `unknown`",
    "index": "number of a RAPL domain, the package's first",
    "kind": "of first outputs `content`, `thinking` or `tool_call`; else from a closed set that "
    "the metric's help names",
    "kv_cache_type": "llama.cpp's name of a type, as `f16` or `q8_0`; those of keys and values, as "
    "`q8_0/f16`, where they differ; `unknown`",
    "label": "name of the label that ran over",
    "location": "where a model computes: `local`, on Ollama's machine, or `cloud`, in Ollama's or "
    "on any other host that Ollama hands requests on to",
    "method": "HTTP method; `other` outside the usual seven",
    "mig_uuid": "what identifies a MIG instance",
    "mode": "what a CPU did",
    "model": "model name with tag, once the upstream has answered 2xx for it; `other` before that "
    "and beyond the bound of distinct names; `none` for routes without a model. Of the "
    "exporter: as Ollama lists it; `other` where it is not known, `none` for no model. Of the "
    "traffic worker: as it was told; `other` beyond 50 names",
    "mountpoint": "where the models' file system is mounted",
    "name": "product name of a card",
    "operation": "`load` or `unload`; of transfers `pull`, `push`, `create` or `upload` (a blob)",
    "outcome": "`ok`, `cancelled`, `unreachable`, `timeout`, `http_4xx`, `http_5xx`, `http_other`, "
    "`stream_error`, `broke_off` or `unreadable`",
    "parameter_size": "as Ollama says, for example `8.0B`",
    "part": "of the answer cache, as its metric's help names",
    "pci_bus_id": "a card's address on PCI; empty where it has none",
    "phase": "what the request was doing: `upload` (its body comes), `queued` (in the proxy's own "
    "queue), `waiting` (connecting, Ollama's queue, load), `prefill`, `thinking` or `answering`. "
    "Of models `load`, `wait`, `prefill`, `thinking`, `answer`, `other` or `idle`",
    "place": "`cards`, all of them together, or `host`, the machine's main memory",
    "portkey_enabled": "`true`, `false` or `auto`",
    "priority": "class of a request in the proxy's queue: `high`, `normal` or `low`",
    "profile": "MIG profile, for example `1g.10gb`",
    "provider": "the gateway's word, if the configuration names it; `none` or `other`",
    "python": "version of the interpreter",
    "quantization": "as Ollama says, for example `Q4_K_M`",
    "reason": "from a closed set that the metric's help names",
    "resource": "`cpu`, `memory`, `io` or `irq`",
    "result": "what became of a look into the answer cache, of a request in the queue or to "
    "a collector of OpenTelemetry, or of reading the file of keys, as its metric's help names",
    "role": "`ollama_runner`, `ollama` or `other`",
    "route_default": "`direct` or `portkey`: the way of requests that ask for none",
    "routing": "`direct` or `portkey`: the way to Ollama that the request took, `cache` where it "
    "took none because the answer was there already; of the traffic "
    "worker also `gateway`, past the proxy, and `unknown`, of failures that do not tell",
    "runner": "kind of a model's process: `llama-server`, `ollama`, `mlx` or `engine`",
    "sensor": "of a card `core`, `memory` or `hotspot`; else the sensor's own name",
    "setting": "name of a variable, from a closed set: of Ollama's `OLLAMA_*` and of the embedded "
    "engine's `ENGINE_*`",
    "signal": "`metrics` or `traces`",
    "source": "`counter`, `integrated` or `demo`",
    "state": "`busy`, `model_loaded`, `bare` or `unknown`",
    "status": "HTTP status sent to the client; 499 where the client left first",
    "store": "of the answer cache `memory`, `file` or `server`",
    "target": "index of the gateway's target; `none` or `other`",
    "type": "of tokens `input` or `output`; else from a closed set that the metric's help names",
    "unified_memory": "`true` or `false`",
    "upstream": "name of an Ollama: `ollama`, or one of PROXY_UPSTREAMS",
    "user": "alias of a key, name that a trusted address says, or salted hash of a header; "
    "`other` beyond the bound of distinct users, `none` where nobody says who asks",
    "uuid": "what identifies a card; its PCI address where it has no such number",
    "value": "a whole number, a switch (`true`, `false`), a duration or a word of llama.cpp's, as "
    "it was set; `not understood` of anything else, whatever it is",
    "vendor": "`nvidia`, `amd`, `intel`, `apple` or `demo`",
    "version": "version of Ollama Observe; of `ollama_info`, of Ollama",
    "window": "`1m`, `5m` or `15m`",
    "xid": "NVIDIA's number of an error",
}
