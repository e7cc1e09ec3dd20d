#include "services/codec.hpp"

#include <algorithm>

#include "services/errors.hpp"
#include "wire/cbor.hpp"
#include "wire/json.hpp"
#include "wire/query.hpp"
#include "wire/rest.hpp"
#include "wire/xml.hpp"

namespace clary::services {

namespace {

http::Response answer(unsigned status, std::string body, std::string_view content_type) {
  http::Response response;
  response.status = status;
  if (!content_type.empty()) response.headers.add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

http::Response json_answer(const Error& error, const NamedError& named, wire::Protocol protocol, std::string_view content_type) {
  std::string body = "{\"__type\":";
  wire::write_json_string(named.code, body);
  body += ",\"message\":";
  wire::write_json_string(error.message, body);
  if (protocol == wire::Protocol::rest_json) {  // rest-json models spell it "Message"
    body += ",\"Message\":";
    wire::write_json_string(error.message, body);
  }
  for (const auto& [name, value] : error.fields) {
    body += ',';
    wire::write_json_string(name, body);
    body += ':';
    // The one modelled member of an error that is a number (ModelError).
    if (name == "OriginalStatusCode") {
      body += value;
    } else {
      wire::write_json_string(value, body);
    }
  }
  body += '}';
  http::Response response = answer(named.status, std::move(body), content_type);
  response.headers.add("x-amzn-ErrorType", named.code);
  return response;
}

// Clients of before know a service's errors by the query protocol's codes, and ask for them beside.
void tell_query_code(const NamedError& named, const http::Request& request, http::Response& response) {
  if (named.query_code.empty() || request.headers.get("x-amzn-query-mode") != "true") return;
  response.headers.add("x-amzn-query-error", fmt::format("{};{}", named.query_code, named.status >= 500 ? "Receiver" : "Sender"));
}

class JsonCodec : public Codec {
 public:
  JsonCodec(const wire::Service& service, wire::Protocol protocol, const http::Request& request, std::string_view body)
      : service_(service), protocol_(protocol), request_(request), body_(body) {}

  std::string operation_name() const override {
    std::string_view target = request_.headers.get("x-amz-target");
    auto dot = target.rfind('.');
    return dot == std::string_view::npos ? std::string{} : std::string(target.substr(dot + 1));
  }
  Outcome<void> read(const wire::Operation& operation, void* input, wire::Violations& violations) const override {
    return wire::read_json(*operation.input, input, body_, violations);
  }
  http::Response write(const wire::Operation& operation, const void* output) const override {
    std::string body;
    // AWS sends no body at all for operations that have no output.
    if (!operation.output->fields.empty()) wire::write_json(*operation.output, output, body);
    return answer(200, std::move(body), content_type());
  }
  http::Response write_document(std::string document) const override { return answer(200, std::move(document), content_type()); }
  http::Response write_error(const Error& error) const override {
    const NamedError named = name_of(error, service_, protocol_);
    http::Response response = json_answer(error, named, protocol_, content_type());
    tell_query_code(named, request_, response);
    return response;
  }

 private:
  std::string_view content_type() const {
    return protocol_ == wire::Protocol::json_1_0 ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
  }
  const wire::Service& service_;
  const wire::Protocol protocol_;
  const http::Request& request_;
  std::string_view body_;
};

class QueryCodec : public Codec {
 public:
  QueryCodec(const wire::Service& service, const http::Request& request, std::string_view body)
      : service_(service), request_(request), form_(wire::read_form(body.empty() ? std::string_view(request.query) : body)) {}

  std::string operation_name() const override {
    if (!form_) return {};
    auto action = form_->find("Action");
    return action == form_->end() ? std::string{} : action->second;
  }
  Outcome<void> read(const wire::Operation& operation, void* input, wire::Violations& violations) const override {
    if (!form_) return form_.error();
    return wire::read_query(*operation.input, input, *form_, violations);
  }
  http::Response write(const wire::Operation& operation, const void* output) const override {
    std::string body = fmt::format("<{}Response xmlns=\"{}\">", operation.name, service_.xml_namespace);
    if (!operation.output->fields.empty()) wire::write_xml(*operation.output, output, operation.result_wrapper, {}, body);
    body += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>", request_.id, operation.name);
    return answer(200, std::move(body), "text/xml");
  }
  http::Response write_error(const Error& error) const override {
    const Error& told = form_ ? error : form_.error();
    NamedError named = name_of(told, service_, wire::Protocol::query);
    // A client's own words come back in messages; what XML 1.0 has no characters for would make the answer unreadable.
    std::string sayable, message;
    for (char c : told.message) sayable += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? "\uFFFD" : std::string(1, c);
    wire::write_xml_text(sayable, message);
    return answer(named.status,
                  fmt::format("<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error>"
                              "<RequestId>{}</RequestId></ErrorResponse>",
                              service_.xml_namespace, named.status >= 500 ? "Receiver" : "Sender", named.code, message, request_.id),
                  "text/xml");
  }

 private:
  const wire::Service& service_;
  const http::Request& request_;
  Outcome<wire::Form> form_;
};

class RestJsonCodec : public Codec {
 public:
  RestJsonCodec(const wire::Service& service, const http::Request& request, std::string_view body)
      : service_(service), request_(request), body_(body) {}

  std::string operation_name() const override {
    for (const wire::Operation* operation : service_.operations) {
      if (operation->method == request_.method && wire::match_uri(operation->uri, request_.path)) return std::string(operation->name);
    }
    return {};
  }
  Outcome<void> read(const wire::Operation& operation, void* input, wire::Violations& violations) const override {
    wire::RestRequest parts;
    if (auto labels = wire::match_uri(operation.uri, request_.path)) parts.labels = std::move(*labels);
    TRY(parts.query, wire::read_form(request_.query));
    for (const auto& [name, value] : request_.headers) parts.headers.emplace_back(name, value);
    parts.body = body_;
    return wire::read_rest(operation, input, parts, violations);
  }
  http::Response write(const wire::Operation& operation, const void* output) const override {
    wire::RestAnswer parts = wire::write_rest(operation, output);
    http::Response response = answer(parts.status, std::move(parts.body), parts.content_type);
    for (auto& [name, value] : parts.headers) response.headers.add(std::move(name), std::move(value));
    return response;
  }
  http::Response write_error(const Error& error) const override { return json_error(error, service_, "application/json"); }

 private:
  const wire::Service& service_;
  const http::Request& request_;
  std::string_view body_;
};

// Smithy's RPC v2: POST /service/GraniteServiceVersion20100801/operation/PutMetricData.
class CborCodec : public Codec {
 public:
  CborCodec(const wire::Service& service, const http::Request& request, std::string_view body) : service_(service), request_(request), body_(body) {}

  std::string operation_name() const override {
    constexpr std::string_view before = "/service/", between = "/operation/";
    const std::string_view path = request_.path;
    const std::string expected = fmt::format("{}{}{}", before, service_.target_prefix, between);
    return path.starts_with(expected) ? std::string(path.substr(expected.size())) : std::string{};
  }
  Outcome<void> read(const wire::Operation& operation, void* input, wire::Violations& violations) const override {
    return wire::read_cbor(*operation.input, input, body_, violations);
  }
  http::Response write(const wire::Operation& operation, const void* output) const override {
    std::string body;
    if (operation.output->fields.empty()) return in_protocol(answer(200, {}, {}));
    wire::write_cbor(*operation.output, output, body);
    return in_protocol(answer(200, std::move(body), "application/cbor"));
  }
  http::Response write_error(const Error& error) const override {
    const NamedError named = name_of(error, service_, wire::Protocol::rpc_v2_cbor);
    std::string body;
    wire::write_cbor_map(2 + error.fields.size(), body);
    auto add = [&](std::string_view name, std::string_view value) {
      wire::write_cbor_text(name, body);
      wire::write_cbor_text(value, body);
    };
    add("__type", named.code);
    add("message", error.message);
    for (const auto& [name, value] : error.fields) add(name, value);
    http::Response response = in_protocol(answer(named.status, std::move(body), "application/cbor"));
    tell_query_code(named, request_, response);
    return response;
  }

 private:
  static http::Response in_protocol(http::Response response) {
    response.headers.add("smithy-protocol", "rpc-v2-cbor");
    return response;
  }
  const wire::Service& service_;
  const http::Request& request_;
  std::string_view body_;
};

// In which of its protocols a service is called here.
wire::Protocol protocol_of(const wire::Service& service, const http::Request& request) {
  if (service.protocols.size() < 2) return service.protocol;
  const auto& all = service.protocols;
  auto speaks = [&](wire::Protocol protocol) { return std::find(all.begin(), all.end(), protocol) != all.end(); };
  if (speaks(wire::Protocol::rpc_v2_cbor) && request.headers.get("smithy-protocol") == "rpc-v2-cbor") return wire::Protocol::rpc_v2_cbor;
  if (speaks(wire::Protocol::json_1_0) && request.headers.has("x-amz-target")) return wire::Protocol::json_1_0;
  return speaks(wire::Protocol::query) ? wire::Protocol::query : service.protocol;
}

}  // namespace

http::Response Codec::write_document(std::string) const { return write_error(internal("a JSON document for a protocol of another form")); }

http::Response json_error(const Error& error, const wire::Service& service, std::string_view content_type) {
  return json_answer(error, name_of(error, service), service.protocol, content_type);
}

std::unique_ptr<Codec> make_codec(const wire::Service& service, const http::Request& request, std::string_view body) {
  const wire::Protocol protocol = protocol_of(service, request);
  switch (protocol) {
    case wire::Protocol::query: return std::make_unique<QueryCodec>(service, request, body);
    case wire::Protocol::rest_json: return std::make_unique<RestJsonCodec>(service, request, body);
    case wire::Protocol::rpc_v2_cbor: return std::make_unique<CborCodec>(service, request, body);
    default: return std::make_unique<JsonCodec>(service, protocol, request, body);
  }
}

}  // namespace clary::services
