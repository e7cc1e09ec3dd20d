// The program `clary`: the server and the commands around it.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <list>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "server/settings.hpp"

namespace {

using clary::server::Setting;

std::string chosen_data_dir(const std::string& flag) {
  const char* variable = std::getenv("CLARY_DATA_DIR");
  std::string chosen = !flag.empty() ? flag : variable != nullptr ? variable : clary::server::default_data_dir();
  return clary::server::absolute_folder(chosen);
}

// "--name=" gives the value "", as the words "--name" and ""; CLI11 would take the flag after it for the value.
std::vector<const char*> split_empty_values(int argc, char** argv, std::list<std::string>& kept) {
  std::vector<const char*> words;
  for (int i = 0; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with("--") || !word.ends_with('=')) {
      words.push_back(argv[i]);
      continue;
    }
    words.push_back(kept.emplace_back(word.substr(0, word.size() - 1)).c_str());
    words.push_back("");
  }
  return words;
}

// A flag for each setting, with its sentence, variable and default.
void add_settings(CLI::App& command, std::map<std::string, std::string>& flags) {
  clary::server::Settings defaults;
  for (const Setting& setting : clary::server::settings_table()) {
    std::string name(setting.name);
    std::string shown = setting.get(defaults);
    command.add_option_function<std::string>("--" + name, [&flags, name](const std::string& value) { flags[name] = value; },
                                             fmt::format("{} [{}{}{}]", setting.sentence, clary::server::variable_of(name),
                                                         shown.empty() ? "" : ", default ", shown));
  }
}

void print_settings(bool as_markdown) {
  if (as_markdown) return fmt::print("{}", clary::server::settings_as_markdown());
  clary::server::Settings defaults;
  for (const Setting& setting : clary::server::settings_table())
    fmt::print("{:<28} {:<16} {}\n", setting.name, setting.get(defaults), setting.sentence);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Clary: a self-hosted machine-learning platform that speaks the Amazon SageMaker protocols."};
  app.require_subcommand(1);
  std::map<std::string, std::string> flags;
  std::string config, data_dir, form = "bash", runtime;
  bool as_json = false, as_markdown = false, all = false;
  int result = 0;

  auto with_data_dir = [&](CLI::App* command) {
    command->add_option("--data-dir", data_dir, "The data folder of the server [CLARY_DATA_DIR]");
    return command;
  };
  CLI::App* serve = app.add_subcommand("serve", "Run the server in the foreground");
  serve->add_option("--config", config, "A settings file in TOML; default: clary.toml in the data folder");
  add_settings(*serve, flags);
  serve->callback([&] { result = clary::cli::serve(config, flags); });

  CLI::App* env = with_data_dir(app.add_subcommand("env", "Print what points AWS clients at the server: eval \"$(clary env)\""));
  env->add_option("--form", form, "bash, fish, powershell, json or ipython")->check(CLI::IsMember({"bash", "fish", "powershell", "json", "ipython"}));
  env->callback([&] { result = clary::cli::env(chosen_data_dir(data_dir), form); });

  CLI::App* stop = with_data_dir(app.add_subcommand("stop", "Drain and stop the server; jobs and endpoints' workers live on"));
  stop->callback([&] { result = clary::cli::stop(chosen_data_dir(data_dir)); });

  CLI::App* status = with_data_dir(app.add_subcommand("status", "What the server is doing"));
  status->add_flag("--json", as_json, "As JSON");
  status->callback([&] { result = clary::cli::status(chosen_data_dir(data_dir), as_json); });

  CLI::App* console = with_data_dir(app.add_subcommand("console", "Print a link that opens the web console signed in: once, within 10 minutes"));
  console->callback([&] { result = clary::cli::console(chosen_data_dir(data_dir)); });

  CLI::App* runtimes = with_data_dir(app.add_subcommand("runtimes", "List the framework versions that jobs can ask for"));
  runtimes->add_flag("--json", as_json, "As JSON");
  CLI::App* add = with_data_dir(runtimes->add_subcommand("add", "Make a runtime's environment ahead of time"));
  add->add_option("runtime", runtime, "Its id, such as sklearn:1.2-1")->required();
  add->callback([&] { result = clary::cli::add_runtime(chosen_data_dir(data_dir), runtime); });
  CLI::App* prune = with_data_dir(runtimes->add_subcommand("prune", "Free the disk of downloaded packages and of environments that no version is made of any more"));
  prune->add_flag("--all", all, "Also of every environment that no job and no endpoint uses; made again when asked for");
  prune->callback([&] { result = clary::cli::prune_runtimes(chosen_data_dir(data_dir), all); });
  runtimes->callback([&] {
    if (!add->parsed() && !prune->parsed()) result = clary::cli::list_runtimes(chosen_data_dir(data_dir), as_json);
  });

  CLI::App* model_server = app.add_subcommand("model-server", "Serve one model without user code; `clary model-server --help` tells how");
  model_server->set_help_flag();
  model_server->prefix_command();
  model_server->callback([&] { result = clary::cli::model_server(model_server->remaining()); });

  CLI::App* settings = app.add_subcommand("settings", "List the settings of `clary serve`: name, default, what it does");
  settings->add_flag("--markdown", as_markdown, "As the table of docs/settings.md");
  settings->callback([&] { print_settings(as_markdown); });

  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([] { fmt::print("clary {}\n", CLARY_VERSION); });

  CLI::App* doctor = with_data_dir(app.add_subcommand("doctor", "Say what this host lacks, and the command that mends it"));
  doctor->callback([&] { result = clary::cli::doctor(chosen_data_dir(data_dir)); });

  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands([&](CLI::App* command) { return command->get_name() == argv[1]; }).empty()) {
    fmt::print(stderr, "clary: there is no command '{}'; `clary --help` lists them\n", argv[1]);
    return 1;
  }
  std::list<std::string> kept;
  auto words = split_empty_values(argc, argv, kept);
  CLI11_PARSE(app, static_cast<int>(words.size()), words.data());
  return result;
}
