#include "serving/variant_kit.hpp"

#include "models/model_files.hpp"
#include "serving/log.hpp"

namespace clary::serving {

VariantKit::VariantKit(ControlLoop& loop, const ServingParts& parts, VariantSpec variant, std::string folder)
    : loop_(loop), parts_(parts), variant_(std::move(variant)), folder_(std::move(folder)) {}

Task<Outcome<void>> VariantKit::prepare(std::shared_ptr<Signal> signal, std::function<bool()> abandoned) {
  while (!folders_) {
    if (abandoned()) co_return make_error(ErrorKind::timed_out, "The endpoint changed meanwhile.");
    if (!making_) {
      making_ = true;
      auto made = co_await make(signal, abandoned);
      making_ = false;
      ++makings_;
      failure_.reset();
      if (!made && !abandoned()) failure_ = made.error();
      for (auto& waiting : waiting_)
        if (auto other = waiting.lock()) other->set();
      waiting_.clear();
      if (!made) co_return made;
    } else {
      waiting_.push_back(signal);
      auto seen = makings_;
      while (makings_ == seen && !abandoned()) co_await signal->wait();
      if (makings_ != seen && failure_) co_return *failure_;
    }
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> VariantKit::make(std::shared_ptr<Signal> signal, std::function<bool()> abandoned) {
  auto version = parts_.catalogue.match(variant_.container.image);
  if (!version) co_return std::move(version).error();
  using Result = Outcome<runtimes::Environment>;
  std::function<void(std::function<void(Result)>)> ensure = [this,
                                                             version = *version](std::function<void(Result)> done) {
    auto progress = [id = version.id()](const std::string& line) { log_.info("{}: {}", id, line); };
    parts_.environments.ensure(version, progress, std::move(done));
  };
  auto environment = co_await loop_.called_back<Result>(signal, abandoned, ensure);
  if (!environment) co_return make_error(ErrorKind::timed_out, "The endpoint changed meanwhile.");
  if (!*environment) co_return std::move(*environment).error();
  environment_ = **std::move(environment);

  // The files' thread cannot ask the control thread's `abandoned`; it looks at this.
  auto give_up = std::make_shared<std::atomic<bool>>(false);
  std::function<void(std::function<void(Outcome<models::ModelFolders>)>)> bring =
      [this, give_up](std::function<void(Outcome<models::ModelFolders>)> done) {
        loop_.run_blocking([this, give_up, done = std::move(done)] {
          done(models::bring_model_files(parts_.objects, variant_.container, folder_, [give_up] { return give_up->load(); }));
        });
      };
  std::function<bool()> wait_on = [abandoned, give_up] {
    if (abandoned()) *give_up = true;
    return false;  // the thread works in the folder until it has ended
  };
  auto folders = co_await loop_.called_back<Outcome<models::ModelFolders>>(signal, wait_on, bring);
  if (!*folders) co_return std::move(*folders).error();
  folders_ = **std::move(folders);
  co_return Outcome<void>();
}

}  // namespace clary::serving
