#include "services/binding.hpp"

#include "base/log.hpp"

namespace clary::services {

namespace {

const log::Channel log_{"services"};

Error unknown_operation(const wire::Service& service, const http::Request& request, const std::string& name) {
  auto error = [](std::string message) { return aws_error(ErrorKind::not_implemented, {}, "{}", message); };
  if (name.empty())
    return error(fmt::format("{} {} names no operation of {} that Clary serves.", to_valid_utf8(request.method),
                             to_valid_utf8(request.path.substr(0, 128)), service.id));
  if (std::binary_search(service.known_operations.begin(), service.known_operations.end(), std::string_view(name)))
    return error(fmt::format("The operation {} of {} is not served by Clary.", name, service.id));
  return error(fmt::format("{} has no operation {}.", service.id, to_valid_utf8(name.substr(0, 128))));
}

}  // namespace

http::Response run_operation(const wire::Service& service, const Bindings& bindings, Context& call, std::string_view body) {
  auto codec = make_codec(service, call.request, body);
  std::string name = codec->operation_name();
  auto binding = std::find_if(bindings.begin(), bindings.end(), [&](const Binding& b) { return b.operation->name == name; });
  if (binding == bindings.end()) return codec->write_error(unknown_operation(service, call.request, name));
  auto response = binding->run(call, *codec);
  if (response) return *std::move(response);
  if (response.error().kind == ErrorKind::parked) {
    http::Response parked;
    parked.parked = call.waiter;
    parked.parked_until = std::chrono::steady_clock::now() + call.first_look.most();
    return parked;
  }
  if (response.error().kind == ErrorKind::internal) log_.error("{} {}: {}", service.name, name, response.error().detail);
  return codec->write_error(response.error());
}

}  // namespace clary::services
