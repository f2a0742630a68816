// HTTP by libcurl, which is loaded on first use: most commands never talk to the network and should not pay for it.
//
// A `CurlSession` keeps one connection; an `HTTPRequest` is sent byte for byte, because a signature covers it.
