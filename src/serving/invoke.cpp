// Endpoints::invoke(): the way into the data path.
#include <boost/asio/io_context.hpp>

#include "http/this_loop.hpp"
#include "serving/endpoints_state.hpp"
#include "serving/loop_client.hpp"

namespace clary::serving {

namespace {

// Goes into a header line of the worker's request: nothing in it may end the line.
bool fits_header(std::string_view value) {
  for (unsigned char character : value)
    if ((character < 0x20 && character != '\t') || character == 0x7F) return false;
  return true;
}

}  // namespace

void Endpoints::invoke(Invocation invocation, InvocationDone done) {
  auto* loop = http::this_loop();
  if (!loop) return done(internal("invoke() was called outside an HTTP loop"));
  for (const std::string* value :
       {&invocation.content_type, &invocation.accept, &invocation.custom_attributes, &invocation.inference_id})
    if (!fits_header(*value)) return done(validation("A header of the request holds a control character."));
  auto call = std::make_unique<Call>();
  call->asked = std::move(invocation);
  call->done = std::move(done);
  call->limits = {state_->parts.invocation_timeout, state_->parts.answer_limit, state_->parts.most_in_flight};
  boost::asio::use_service<LoopClient>(*loop).start(state_->publisher, std::move(call));
}

}  // namespace clary::serving
