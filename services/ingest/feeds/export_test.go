package feeds

import "net/http"

// SetTransport has an agent ask somebody in the test.
func SetTransport(a *Agent, t http.RoundTripper) { a.client.Transport = t }
