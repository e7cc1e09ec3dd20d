#include "http/body.hpp"

#include <algorithm>
#include <cstring>

namespace clary::http {

BodySource::BodySource(Link& link, RequestParser& parser, const Request& request)
    : link_(link), parser_(parser), chunked_(parser.chunked()), left_(request.content_length.value_or(0)) {
  if (!request.has_body) state_ = BodyState::complete;
}

std::optional<std::uint64_t> BodySource::remaining() const {
  if (complete()) return 0;
  if (chunked_) return std::nullopt;
  return left_;
}

std::size_t BodySource::take_buffered(char* data, std::size_t size) {
  auto take = std::min({link_.in.view().size(), size, static_cast<std::size_t>(std::min<std::uint64_t>(left_, size))});
  std::memcpy(data, link_.in.view().data(), take);
  link_.in.consume(take);
  left_ -= take;
  if (left_ == 0) state_ = BodyState::complete;
  return take;
}

void BodySource::ended() {
  if (link_.timed_out()) {
    state_ = BodyState::timed_out;
  } else {
    state_ = BodyState::gone;
  }
}

Task<std::size_t> BodySource::read(char* data, std::size_t size) {
  if (state_ != BodyState::more) co_return 0;
  if (chunked_) co_return co_await read_chunks(data, size);
  if (!link_.in.empty()) co_return take_buffered(data, size);
  auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size));
  auto [ec, got] = co_await link_.read_some({data, room});
  if (ec == asio::error::operation_aborted && !link_.timed_out() && !link_.killed()) co_return 0;
  if (ec) {
    ended();
    co_return 0;
  }
  link_.received += got;
  left_ -= got;
  if (left_ == 0) state_ = BodyState::complete;
  co_return got;
}

Task<std::size_t> BodySource::read_chunks(char* data, std::size_t size) {
  while (true) {
    auto produced = read_now(data, size);
    if (produced > 0 || state_ != BodyState::more) co_return produced;
    if (link_.in.full()) {  // a chunk's head or a trailer that has no end
      state_ = BodyState::broken;
      co_return 0;
    }
    auto [ec, got] = co_await link_.read_some(link_.in.prepare());
    if (ec == asio::error::operation_aborted && !link_.timed_out() && !link_.killed()) co_return 0;
    if (ec) {
      ended();
      co_return 0;
    }
    link_.in.commit(got);
    link_.received += got;
  }
}

std::size_t BodySource::read_now(char* data, std::size_t size) {
  if (state_ != BodyState::more || size == 0) return 0;
  if (!chunked_) {
    if (!link_.in.empty()) return take_buffered(data, size);
    auto got = link_.read_now(data, static_cast<std::size_t>(std::min<std::uint64_t>(left_, size)));
    left_ -= got;
    if (left_ == 0) state_ = BodyState::complete;
    return got;
  }
  if (link_.in.empty()) return 0;
  std::size_t consumed = 0;
  std::size_t produced = 0;
  auto parsed = parser_.chunks(link_.in.view(), consumed, data, size, produced);
  link_.in.consume(consumed);
  if (parsed == RequestParser::State::failed) state_ = BodyState::broken;
  if (parsed == RequestParser::State::complete) state_ = BodyState::complete;
  return produced;
}

Error BodySource::failure() const {
  switch (state_) {
    case BodyState::timed_out: return make_error(ErrorKind::timed_out, "The request's body did not arrive in time.");
    case BodyState::broken: return validation("The request's body is not framed correctly.");
    default: return make_error(ErrorKind::unavailable, "The client went away before the request's body was complete.");
  }
}

Outcome<std::size_t> BodyPipe::read(char* data, std::size_t size) {
  if (size == 0) return std::size_t{0};
  Piece emptied;
  bool wanted = false;
  std::size_t take = 0;
  std::unique_lock lock(mutex_);
  waiting_ = true;
  arrived_.wait(lock, [&] { return !filled_.empty() || ended_ || error_; });
  waiting_ = false;
  if (filled_.empty()) {
    if (error_) return *error_;
    return std::size_t{0};
  }
  // The front piece is this thread's alone until it is popped.
  auto& front = filled_.front();
  lock.unlock();
  take = std::min(size, front.size - front.at);
  std::memcpy(data, front.data.get() + front.at, take);
  front.at += take;
  if (front.at < front.size) return take;
  lock.lock();
  free_.push_back(std::move(front.data));
  filled_.pop_front();
  wanted = std::exchange(room_wanted_, false);
  lock.unlock();
  if (wanted) on_room_();
  return take;
}

BodyPipe::Piece BodyPipe::take_free() {
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto piece = std::move(free_.back());
      free_.pop_back();
      return piece;
    }
    if (made_ == most_pieces) {
      room_wanted_ = true;
      return nullptr;
    }
    ++made_;
  }
  return std::make_unique_for_overwrite<char[]>(piece_);
}

void BodyPipe::give_back(Piece piece) {
  std::lock_guard lock(mutex_);
  free_.push_back(std::move(piece));
}

void BodyPipe::push(Piece piece, std::size_t size) {
  std::lock_guard lock(mutex_);
  filled_.push_back({std::move(piece), size, 0});
  if (waiting_) arrived_.notify_one();
}

void BodyPipe::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  arrived_.notify_one();
}

void BodyPipe::fail(Error error) {
  std::lock_guard lock(mutex_);
  error_ = std::move(error);
  arrived_.notify_one();
}

bool BodyPipe::hungry() const {
  std::lock_guard lock(mutex_);
  return waiting_ && filled_.empty();
}

Outcome<std::size_t> TextReader::read(char* data, std::size_t size) {
  const std::size_t take = rest_.copy(data, size);
  rest_.remove_prefix(take);
  return take;
}

}  // namespace clary::http
