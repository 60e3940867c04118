// A browser starts no worker from a disk: there a hidden frame does the search in its place.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.append(frame)
      this.inner = frame.contentWindow
      this.inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = frame.contentDocument.createElement("script")
      script.src = url
      this.loaded = new Promise(resolve => (script.onload = resolve))
      frame.contentDocument.body.append(script)
    }
    async postMessage(data) {
      await this.loaded
      this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data }))
    }
  }
