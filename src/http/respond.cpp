#include "http/respond.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <cerrno>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/log.hpp"

namespace clary::http {

namespace {

constexpr std::size_t gathered = 16 * 1024;  // up to here text is copied behind the head rather than sent beside it
constexpr std::uint64_t file_step = 1024 * 1024;

bool is_ours(std::string_view name) {
  return equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding") ||
         equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
}

void append_clean(std::string& out, std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
    out += text;
    return;
  }
  for (char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

bool is_cached(const FileRange& range, std::uint64_t last) {
  char byte = 0;
  iovec part{&byte, 1};
  return ::preadv2(range.file->fd(), &part, 1, static_cast<off_t>(last), RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

Task<bool> run_step(Link& link, Pool& pool, std::shared_ptr<Exchange> exchange, Exchange::Step step) {
  exchange->step = step;
  exchange->finished = false;
  link.allow_forever();
  if (!pool.resume(exchange)) co_return false;
  while (!exchange->finished && !link.killed()) co_await exchange->changed.wait();
  co_return !link.killed();
}

// By sendfile. What is not in the page cache is read ahead on a pool thread, so that a slow disk never holds up the
// loop.
Task<bool> send_file(Link& link, Pool& pool, std::shared_ptr<Exchange> exchange, FileRange range,
                     std::chrono::milliseconds timeout) {
  auto offset = static_cast<off_t>(range.offset);
  auto left = range.length;
  while (left > 0) {
    auto step = std::min(left, file_step);
    if (!is_cached(range, static_cast<std::uint64_t>(offset) + step - 1)) {
      exchange->range = {range.file, static_cast<std::uint64_t>(offset), std::min(left, 4 * file_step)};
      if (!co_await run_step(link, pool, exchange, Exchange::Step::read_ahead)) co_return false;
    }
    auto wrote = ::sendfile(link.socket().native_handle(), range.file->fd(), &offset, step);
    if (wrote > 0) {
      left -= static_cast<std::uint64_t>(wrote);
      link.sent += static_cast<std::uint64_t>(wrote);
      if (static_cast<std::uint64_t>(wrote) == step) continue;
    } else if (wrote == 0) {
      log_.warn("a file is shorter than the answer that was promised from it");
      co_return false;
    } else if (errno != EAGAIN && errno != EINTR) {
      co_return false;
    }
    link.allow(timeout);
    if (!co_await link.wait_writable()) co_return false;
  }
  co_return true;
}

// The range as a source, for TLS.
std::function<Outcome<std::string>()> file_source(FileRange range) {
  return [range]() mutable -> Outcome<std::string> {
    std::string text(std::min<std::uint64_t>(range.length, 256 * 1024), '\0');
    if (text.empty()) return text;
    TRY(auto got, range.file->pread(text.data(), text.size(), range.offset));
    text.resize(got);
    range.offset += got;
    range.length -= got;
    return text;
  };
}

// Pulls the source dry; the head stands in `out` and goes with the first piece.
Task<bool> send_stream(Link& link, Pool& pool, std::shared_ptr<Exchange> exchange, Stream stream, std::string out,
                       bool chunked, std::chrono::milliseconds timeout) {
  exchange->source = std::move(stream.next);
  auto left = stream.length;
  while (true) {
    if (!co_await run_step(link, pool, exchange, Exchange::Step::pull)) co_return false;
    if (!exchange->piece->ok()) {
      log_.error("{} {}: the answer's body failed: {}", exchange->request.method, exchange->request.path,
                 exchange->piece->error().detail);
      // Where the head is not out yet the client can still be told.
      if (!out.empty()) {
        auto told = head_text(bare(500), 0, Framing{.keep = false}, link.loop().date());
        co_await link.send(told, {}, timeout);
      }
      co_return false;
    }
    std::string text = **std::move(exchange->piece);
    if (text.empty()) break;
    if (left && text.size() > *left) {
      log_.error("{}: the answer's body is longer than announced", exchange->request.path);
      co_return false;
    }
    if (left) *left -= text.size();
    if (chunked) {
      out += fmt::format("{:x}\r\n", text.size());
      text += "\r\n";
    }
    if (!co_await link.send(out, text, timeout)) co_return false;
    out.clear();  // from here on it holds a chunk's head at the most
    if (left && *left == 0) co_return true;
  }
  if (chunked) out += "0\r\n\r\n";
  if (!out.empty()) {
    if (!co_await link.send(out, {}, timeout)) co_return false;
  }
  co_return !left || *left == 0;
}

std::optional<std::uint64_t> length_of(const Body& body) {
  if (auto* text = std::get_if<std::string>(&body)) return text->size();
  if (auto* range = std::get_if<FileRange>(&body)) return range->length;
  return std::get<Stream>(body).length;
}

}  // namespace

std::string head_text(const Response& response, std::optional<std::uint64_t> length, const Framing& framing,
                      std::string_view date) {
  std::string out;
  out.reserve(512 + (length && *length <= gathered ? *length : 0));
  out += framing.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  fmt::format_int status(response.status);
  out.append(status.data(), status.size());
  out += ' ';
  if (response.reason.empty()) {
    auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
    out.append(phrase.data(), phrase.size());
  } else {
    append_clean(out, response.reason);
  }
  out += "\r\n";
  bool dated = false;
  for (const auto& [name, value] : response.headers) {
    if (is_ours(name)) continue;
    dated = dated || equal_ignoring_case(name, "date");
    append_field(out, name, value);
  }
  if (!dated) append_field(out, "Date", date);
  bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  if (length && (!bodiless || (response.status == 304 && *length > 0))) {
    out += "Content-Length: ";
    fmt::format_int number(*length);
    out.append(number.data(), number.size());
    out += "\r\n";
  } else if (!bodiless && !framing.http_1_0) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep) {
    out += "Connection: close\r\n";
  } else if (framing.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

Task<bool> respond(Link& link, Pool& pool, std::shared_ptr<Exchange> exchange, Response response, Framing framing,
                   std::chrono::milliseconds timeout) {
  auto length = length_of(response.body);
  bool bodiless = framing.head_only || response.status == 204 || response.status == 304 || response.status < 200;
  if (bodiless && response.announced_length) length = response.announced_length;
  auto head = head_text(response, length, framing, link.loop().date());
  if (bodiless) co_return co_await link.send(head, {}, timeout);
  if (auto* text = std::get_if<std::string>(&response.body)) {
    if (text->size() > gathered) co_return co_await link.send(head, *text, timeout);
    head += *text;
    auto sent = link.send_now(head);
    if (sent == head.size()) co_return true;
    co_return co_await link.send(std::string_view(head).substr(sent), {}, timeout);
  }
  if (auto* range = std::get_if<FileRange>(&response.body)) {
    if (!link.encrypted()) {
      if (!co_await link.send(head, {}, timeout)) co_return false;
      co_return co_await send_file(link, pool, exchange, *range, timeout);
    }
    response.body = Stream{file_source(*range), range->length};
  }
  auto stream = std::get<Stream>(std::move(response.body));
  if (length && *length == 0) co_return co_await link.send(head, {}, timeout);
  bool chunked = !length && !framing.http_1_0;
  co_return co_await send_stream(link, pool, exchange, std::move(stream), std::move(head), chunked, timeout);
}

}  // namespace clary::http
