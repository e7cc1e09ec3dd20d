// A request's protocol: how its input is read and its answer or error is written. One a call, over the wire folder's codecs.
// Thread rule: one thread. Invariant: what it writes is what an AWS client of that protocol parses, errors included.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "wire/shape.hpp"
#include "wire/violations.hpp"

namespace clary::services {

class Codec {
 public:
  virtual ~Codec() = default;
  // The operation's name that the request asks for: "" when it names none.
  virtual std::string operation_name() const = 0;
  virtual Outcome<void> read(const wire::Operation& operation, void* input, wire::Violations& violations) const = 0;
  virtual http::Response write(const wire::Operation& operation, const void* output) const = 0;
  // An answer whose JSON document the handler has written itself (BindDocument); services of other protocols have no such handlers.
  virtual http::Response write_document(std::string document) const;
  virtual http::Response write_error(const Error& error) const = 0;
};

// For json-1.0/1.1, query, rest-json and rpc-v2-cbor; of a service with several protocols, the one in which the request comes.
// Views into `request` and `body`: they must outlive it.
std::unique_ptr<Codec> make_codec(const wire::Service& service, const http::Request& request, std::string_view body);

// A JSON error answer: {"__type": code, "message": ...}, further fields beside.
http::Response json_error(const Error& error, const wire::Service& service, std::string_view content_type);

}  // namespace clary::services
