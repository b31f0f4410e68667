#include "backend/command_invocation.hpp"

#include "entry/utf8.hpp"

namespace spoold {

namespace {

// Why this argument is not taken, or nothing.
std::optional<std::string> refuse(const Json& argument, const CommandOptions& options) {
  if (!argument.is_string()) return "is no string";
  const auto& text = argument.get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) return "holds a NUL byte";
  if (options.allow_arguments == EntryArguments::operands && text.starts_with('-'))
    return "begins with '-', and this backend takes no options from entries: " + excerpt(text);
  return std::nullopt;
}

std::optional<Reject> add_arguments(const Json& args, const CommandOptions& options,
                                    std::vector<std::string>& arguments) {
  if (args.is_null() || (args.is_array() && args.empty())) return std::nullopt;
  if (!args.is_array()) return reject_unasked("args: expected an array of strings");
  if (options.allow_arguments == EntryArguments::none)
    return reject_unasked("args: this backend takes no arguments from entries");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (const auto problem = refuse(args[i], options))
      return reject_unasked("args[" + std::to_string(i) + "] " + *problem);
    arguments.push_back(args[i].get<std::string>());
    bytes += arguments.back().size() + 1;
  }
  if (bytes <= options.argument_bytes_max) return std::nullopt;
  return reject_unasked("args: " + std::to_string(bytes) + " bytes, more than the " +
                        std::to_string(options.argument_bytes_max) +
                        " that this backend takes; put data in `stdin`");
}

std::optional<std::string> input_of(const Json& field) {
  if (field.is_null()) return std::nullopt;
  if (field.is_string()) return field.get<std::string>();
  return field.dump();
}

}  // namespace

std::variant<CommandInvocation, Reject> make_invocation(const Attempt& attempt, const CommandOptions& options,
                                                        const std::vector<std::string>& environment) {
  const Entry& entry = *attempt.entry;
  const std::string id = format_id(attempt.name->seq);
  CommandInvocation invocation{options.arguments, environment, input_of(entry.field("stdin"))};
  if (auto reject = add_arguments(entry.field("args"), options, invocation.arguments))
    return std::move(*reject);
  invocation.environment.push_back("SPOOLD_ID=" + id);
  invocation.environment.push_back("SPOOLD_KEY=" + entry.key.value_or(id));
  invocation.environment.push_back("SPOOLD_ATTEMPT=" + std::to_string(attempt.name->attempts));
  invocation.environment.push_back("SPOOLD_OPERATION=" + entry.operation);
  return invocation;
}

}  // namespace spoold
