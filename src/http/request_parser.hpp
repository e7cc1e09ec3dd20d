// Beast's HTTP/1.1 parser, writing straight into a Request; afterwards it takes a chunked body apart.
// Private to http; owned by one exchange. Thread rule: the loop's thread.
// Invariant: what it lets through is framed in one way only: a request with two lengths, a length and chunks, or a
// transfer coding other than "chunked" is refused, so that nobody in front of us can read another request out of the
// same bytes.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace clary::http {

class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  static constexpr std::size_t head_limit = 64 * 1024;

  explicit RequestParser(Request& request);

  enum class State { more, complete, failed };
  // Parses the head out of `input`; `consumed` bytes of it are done with, the rest is to be shown again with what
  // follows.
  State head(std::string_view input, std::size_t& consumed);
  // Takes chunks out of `input` into `out` until either is used up; complete: the last chunk and its trailer were read.
  State chunks(std::string_view input, std::size_t& consumed, char* out, std::size_t room, std::size_t& produced);

  unsigned failure_status() const { return status_; }
  const std::string& failure() const { return why_; }
  using basic_parser::chunked;
  using basic_parser::keep_alive;
  bool http_1_0() const { return version_ < 11; }
  bool expects_continue() const { return expects_continue_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}
  void refuse(error_code& ec, unsigned status, std::string why);
  State fail(const error_code& ec);
  bool read_target(std::string_view target);

  Request& request_;
  std::string absolute_host_;  // from "GET http://host/path": it stands above the Host field
  unsigned status_ = 400;
  std::string why_;
  int version_ = 11;
  bool head_done_ = false;
  bool expects_continue_ = false;
  char* out_ = nullptr;
  std::size_t room_ = 0;
  std::size_t produced_ = 0;
};

}  // namespace clary::http
