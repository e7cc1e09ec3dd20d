#include "http/exchange.hpp"

#include <fcntl.h>

#include "http/log.hpp"

namespace clary::http {

namespace {

// A file's piece up to this size is cheaper to read and send with the head than to send by itself.
constexpr std::uint64_t small_file = 64 * 1024;

// Replaces a small file range by its text.
void inline_small_file(Response& response) {
  auto* range = std::get_if<FileRange>(&response.body);
  if (!range || range->length > small_file || !range->file) return;
  std::string text(range->length, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    auto got = range->file->pread(text.data() + done, text.size() - done, range->offset + done);
    if (!got || *got == 0) return;  // sending it reports the fault
    done += *got;
  }
  response.body = std::move(text);
}

}  // namespace

Response bare(unsigned status, std::string_view text) {
  Response response;
  response.status = status;
  if (!text.empty()) {
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::string(text) + "\n";
  }
  return response;
}

void Exchange::run() {
  switch (step) {
    case Step::handle: run_handler(); break;
    case Step::pull: try { piece = abandoned ? internal("abandoned") : source();
      } catch (const std::exception& error) {
        piece = internal("a response's source threw: {}", error.what());
      }
      break;
    case Step::read_ahead: ::readahead(range.file->fd(), static_cast<off64_t>(range.offset), range.length); break;
  }
  finish();
}

void Exchange::run_here() {
  run_handler();
  finished = true;
}

void Exchange::run_handler() {
  if (abandoned) return;
  log::RequestScope scope(request.id);
  try {
    TextReader text(body);
    response = handle(request, pipe ? static_cast<BodyReader&>(*pipe) : text);
    inline_small_file(*response);
    log_.debug("{} {} answered {}", request.method, request.path, response->status);
  } catch (const std::exception& error) {
    log_.error("handler of {} {} threw: {}", request.method, request.path, error.what());
    response = bare(500);
  } catch (...) {
    log_.error("handler of {} {} threw", request.method, request.path);
    response = bare(500);
  }
}

void Exchange::finish() {
  auto loop = loop_.lock();
  if (!loop) return;
  loop->post([self = shared_from_this()] {
    self->finished = true;
    if (self->reading) self->reading->cancel();
    self->changed.set();
  });
}

void Exchange::answer(Response answered) {
  if (answering_.exchange(true)) return;
  auto loop = loop_.lock();
  if (!loop) return;
  auto deliver = [self = shared_from_this(), answered = std::move(answered)]() mutable {
    self->response = std::move(answered);
    self->finished = true;
    self->changed.set();
  };
  if (loop->context().get_executor().running_in_this_thread()) {
    deliver();
  } else {
    loop->post(std::move(deliver));
  }
}

void Exchange::wake() {
  auto loop = loop_.lock();
  if (!loop) return;
  loop->post([self = shared_from_this()] {
    if (self->reading && self->woken) self->reading->cancel();
    self->changed.set();
  });
}

}  // namespace clary::http
