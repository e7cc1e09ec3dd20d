#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstring>

namespace clary::http {

namespace beast = boost::beast::http;

RequestParser::RequestParser(Request& request) : request_(request) {
  header_limit(head_limit);
  body_limit(boost::none);
}

RequestParser::State RequestParser::head(std::string_view input, std::size_t& consumed) {
  error_code ec;
  consumed = put({input.data(), input.size()}, ec);
  if (ec == beast::error::need_more) return State::more;
  if (ec) return fail(ec);
  return is_header_done() ? State::complete : State::more;
}

RequestParser::State RequestParser::chunks(std::string_view input, std::size_t& consumed, char* out, std::size_t room,
                                           std::size_t& produced) {
  consumed = 0;
  out_ = out;
  room_ = room;
  produced_ = 0;
  State state = State::more;
  while (!is_done() && consumed < input.size() && produced_ < room_) {
    error_code ec;
    consumed += put({input.data() + consumed, input.size() - consumed}, ec);
    if (ec == beast::error::need_more) break;
    if (ec) {
      state = fail(ec);
      break;
    }
  }
  produced = produced_;
  if (state == State::more && is_done()) state = State::complete;
  return state;
}

void RequestParser::on_request_impl(beast::verb, string_view method, string_view target, int version, error_code& ec) {
  version_ = version;
  request_.method.assign(method.data(), method.size());
  if (!read_target({target.data(), target.size()})) refuse(ec, 400, "The request target is not valid.");
}

bool RequestParser::read_target(std::string_view target) {
  if (request_.method == "CONNECT") {
    request_.path = target;
    return !target.empty();
  }
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    auto end = std::min(target.find_first_of("/?"), target.size());
    absolute_host_ = target.substr(0, end);
    if (absolute_host_.empty() || absolute_host_.find('@') != std::string::npos) return false;
    target.remove_prefix(end);
    if (target.empty() || target.front() == '?') request_.path = "/";
    break;
  }
  bool rooted = !target.empty() && target.front() == '/';
  if (!rooted && absolute_host_.empty() && !(target == "*" && request_.method == "OPTIONS")) return false;
  auto question = target.find('?');
  request_.path += target.substr(0, question);
  if (question != std::string_view::npos) request_.query = target.substr(question + 1);
  // A fragment never travels; a client that sends one would have signed something else.
  return target.find('#') == std::string_view::npos;
}

void RequestParser::on_field_impl(beast::field, string_view name, string_view value, error_code&) {
  if (head_done_) return;  // trailer fields: none of our protocols reads one
  request_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
}

void RequestParser::on_header_impl(error_code& ec) {
  head_done_ = true;
  auto& headers = request_.headers;
  if (!absolute_host_.empty()) headers.set("Host", absolute_host_);
  unsigned hosts = 0;
  unsigned codings = 0;
  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, "host")) ++hosts;
    if (!equal_ignoring_case(name, "transfer-encoding")) continue;
    ++codings;
    if (!equal_ignoring_case(value, "chunked")) return refuse(ec, 501, "The transfer coding is not supported.");
  }
  if (codings > 0 && http_1_0()) return refuse(ec, 400, "HTTP/1.0 knows no transfer coding.");
  if (hosts > 1 || (hosts == 0 && !http_1_0())) return refuse(ec, 400, "A request has exactly one Host field.");
  auto expect = headers.find("expect");
  if (expect && !http_1_0()) {
    if (!equal_ignoring_case(*expect, "100-continue")) return refuse(ec, 417, "The expectation cannot be met.");
    expects_continue_ = true;
  }
  if (chunked()) {
    request_.has_body = true;
  } else if (auto length = content_length()) {
    request_.content_length = *length;
    request_.has_body = *length > 0;
  }
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  auto take = std::min(body.size(), room_ - produced_);
  std::memcpy(out_ + produced_, body.data(), take);
  produced_ += take;
  return take;
}

void RequestParser::refuse(error_code& ec, unsigned status, std::string why) {
  status_ = status;
  why_ = std::move(why);
  ec = beast::error::bad_value;
}

RequestParser::State RequestParser::fail(const error_code& ec) {
  if (why_.empty()) {
    if (ec == beast::error::header_limit || ec == beast::error::buffer_overflow) {
      status_ = 431;
      why_ = "The request's head is longer than 64 KiB.";
    } else if (ec == beast::error::bad_version) {
      status_ = 505;
      why_ = "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
    } else {
      why_ = "The request cannot be parsed: " + ec.message() + ".";
    }
  }
  return State::failed;
}

}  // namespace clary::http
