// An HTTP request and its answer, as handlers see them: no socket, no Asio.
// Owned by the connection that serves them. Thread rule: one thread at a time.
// Invariant: `path` and `query` are exactly the bytes that the client sent (signatures are made over them).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/outcome.hpp"
#include "http/waiter.hpp"
#include "io/file.hpp"

namespace clary::http {

// Header fields in the order they came; names compare without case.
class Headers {
 public:
  // The first field of that name; nothing when there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name, std::string_view otherwise = {}) const;
  // Every value of that name joined by commas, as RFC 9110 reads a repeated field.
  std::optional<std::string> joined(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces every field of that name
  void erase(std::string_view name);
  bool has(std::string_view name) const { return find(name).has_value(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

struct Request {
  std::string method;
  std::string path;   // raw, begins with '/': "/bucket/a%20b"
  std::string query;  // raw, without '?': "list-type=2&prefix=a%2F"
  Headers headers;
  std::optional<std::uint64_t> content_length;  // nothing: chunked, or no body
  bool has_body = false;

  std::string id;            // x-amzn-RequestId of the answer
  std::string peer;          // "127.0.0.1", or "unix" for a forwarder's connection
  bool loopback = false;     // the peer is this host (or one of our forwarders)
  bool tls = false;          // came over TLS, whether directly or inside a CONNECT that ends here
  std::string connect_host;  // the CONNECT's host name where TLS ended here; else empty
  // False where the handler has to answer now: its answer was parked and the wait is over, or too many are parked
  // already.
  bool may_park = true;

  std::string_view host() const;  // the Host header
  // The decoded value of a query parameter: "" where it has none, nothing where it is absent.
  std::optional<std::string> query_value(std::string_view name) const;
};

// The request's body, pulled by a handler that runs on a pool thread (it may block until the client sends more).
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Fills up to `size` bytes; 0 at the end. Fails when the client is gone, too slow (deadline) or the framing is
  // broken.
  virtual Outcome<std::size_t> read(char* data, std::size_t size) = 0;
  // All that is left, where it is in memory already; nothing is left then.
  virtual std::optional<std::string> take_rest() { return std::nullopt; }
};

// The whole rest of a body; ErrorKind::limit_exceeded beyond `limit` bytes.
Outcome<std::string> read_all(BodyReader& body, std::size_t limit);

// The answer's body: text in memory, part of an open file (sent by sendfile where it can be), or a source that is
// pulled on a pool thread until it returns an empty string.
struct FileRange {
  std::shared_ptr<io::File> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
struct Stream {
  std::function<Outcome<std::string>()> next;
  std::optional<std::uint64_t> length;  // nothing: sent chunked
};
using Body = std::variant<std::string, FileRange, Stream>;

struct Response {
  unsigned status = 200;
  std::string reason;  // empty: the standard phrase
  Headers headers;
  Body body = std::string{};
  bool close = false;  // end the connection after this answer
  // For HEAD: the Content-Length to announce while no body is sent.
  std::optional<std::uint64_t> announced_length;
  // Set: do not answer yet. The server waits (no thread is held) until the waiter is woken, the deadline passes or the
  // client goes, and then calls the handler (a Blocking one) again with the same request; it may park again while
  // Request::may_park. See http/parking.cpp.
  std::shared_ptr<Waiter> parked;
  std::chrono::steady_clock::time_point parked_until{};
};

}  // namespace clary::http
