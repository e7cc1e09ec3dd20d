// Writes an answer to a client: its head, then text, part of a file, or what a source yields.
// Private to http. Thread rule: the loop's thread. Invariant: the body's framing is decided here alone: a handler's own
// Content-Length, Transfer-Encoding and Connection fields are not sent, and no field can smuggle in a line of its own.
#pragma once

#include <chrono>
#include <memory>

#include "http/exchange.hpp"
#include "http/link.hpp"

namespace clary::http {

struct Framing {
  bool head_only = false;  // the request was HEAD
  bool http_1_0 = false;
  bool keep = true;  // the connection lives on
};

// The head's text; `length` nothing: chunked, or ended by the close for HTTP/1.0.
std::string head_text(const Response& response, std::optional<std::uint64_t> length, const Framing& framing,
                      std::string_view date);

// False: the client is gone, or the body's source failed, and the connection has to be closed.
Task<bool> respond(Link& link, Pool& pool, std::shared_ptr<Exchange> exchange, Response response, Framing framing,
                   std::chrono::milliseconds timeout);

}  // namespace clary::http
