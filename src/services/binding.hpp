// Binds handlers to operations. A service is one table:
//
//   const Bindings sts_bindings = bind_all<api::sts::served_operations,
//       Bind<api::sts::op::GetCallerIdentity, get_caller_identity>,
//       Bind<api::sts::op::AssumeRole, assume_role>>();
//
// A handler is `Outcome<Output> f(Context&, const Input&)`. The build fails when the table and operations.toml differ.
// Constant after start; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "services/codec.hpp"
#include "services/context.hpp"
#include "services/errors.hpp"

namespace clary::services {

struct Binding {
  const wire::Operation* operation;
  Outcome<http::Response> (*run)(Context& call, const Codec& codec);
};
using Bindings = std::vector<Binding>;

// Reads and checks an operation's input.
template <typename Input>
Outcome<Input> read_input(const wire::Operation& operation, const Codec& codec) {
  Input input{};
  wire::Violations violations;
  CHECK_OK(codec.read(operation, &input, violations));
  wire::validate(*operation.input, &input, violations);
  CHECK_OK(check(violations, *operation.service));
  return input;
}

template <typename Op, auto Handler>
struct Bind {
  static constexpr std::string_view name = Op::name;
  static Outcome<http::Response> run(Context& call, const Codec& codec) {
    TRY(auto input, read_input<typename Op::Input>(Op::info, codec));
    TRY(auto output, Handler(call, input));
    return codec.write(Op::info, &output);
  }
  static Binding binding() { return {&Op::info, run}; }
};

// For answers of many kept documents: the handler is `Outcome<std::string> f(Context&, const Input&)` and writes the answer's JSON itself.
template <typename Op, auto Handler>
struct BindDocument {
  static constexpr std::string_view name = Op::name;
  static Outcome<http::Response> run(Context& call, const Codec& codec) {
    TRY(auto input, read_input<typename Op::Input>(Op::info, codec));
    TRY(std::string document, Handler(call, input));
    return codec.write_document(std::move(document));
  }
  static Binding binding() { return {&Op::info, run}; }
};

template <const auto& Served, typename... Binds>
consteval bool same_operations() {
  std::array<std::string_view, sizeof...(Binds)> bound{Binds::name...};
  return bound.size() == std::size(Served) && std::all_of(std::begin(Served), std::end(Served), [&](std::string_view name) {
           return std::count(bound.begin(), bound.end(), name) == 1;
         });
}

template <const auto& Served, typename... Binds>
Bindings bind_all() {
  static_assert(same_operations<Served, Binds...>(), "the handlers bound here and the operations of api/operations.toml differ");
  return {Binds::binding()...};
}

// Runs the operation that the request names: the whole life of a call of a JSON or query service, from verified head to answer.
http::Response run_operation(const wire::Service& service, const Bindings& bindings, Context& call, std::string_view body);

}  // namespace clary::services
