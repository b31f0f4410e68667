#include "manual_page.hpp"

#include <array>

namespace spoold {

namespace {

// Text as roff takes it: no line begins a request, nothing is an escape, a dash is one that can be copied.
std::string roff(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char byte : text) {
    if (line_begins && (byte == '.' || byte == '\'')) result += "\\&";
    line_begins = byte == '\n';
    if (byte == '\\') {
      result += "\\e";
    } else if (byte == '-') {
      result += "\\-";
    } else {
      result += byte;
    }
  }
  return result;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}

// --help, which every verb has, stands once, above all of them.
std::string options_of(const CommandDescription& command, bool with_help = false) {
  std::string text;
  for (const auto& option : command.options) {
    if (!with_help && option.names.back() == "--help") continue;
    std::string names;
    for (const auto& name : option.names) {
      names += names.empty() ? "" : ", ";
      names += option.is_argument ? "\\fI" + roff(name) + "\\fR" : bold(name);
    }
    if (!option.is_argument && !option.value.empty()) names += " \\fI" + roff(option.value) + "\\fR";
    text += ".TP\n" + names + "\n" + roff(option.help) + "\n";
  }
  return text;
}

// Words in paragraphs as they stand; what is indented, the examples, likewise.
std::string notes_of(const CommandDescription& command) {
  if (command.notes.empty()) return {};
  return ".PP\n.nf\n" + roff(command.notes) + "\n.fi\n";
}

std::string synopsis_of(const CommandDescription& verb) {
  std::string text = bold("spoolctl") + " [\\fIQUEUE\\fR] " + bold(verb.name);
  bool options = false;
  for (const auto& option : verb.options) options = options || !option.is_argument;
  if (options) text += " [\\fIOPTIONS\\fR]";
  for (const auto& option : verb.options) {
    if (!option.is_argument) continue;
    const std::string name = "\\fI" + roff(option.names.front()) + "\\fR" + (option.is_repeated ? "..." : "");
    text += option.is_required ? " " + name : " [" + name + "]";
  }
  return text;
}

struct Status {
  const char* number;
  const char* meaning;
};
constexpr std::array exit_statuses{
    Status{"0", "done"},
    Status{"1", "no such entry; entries failed; problems were found; not everything asked for could be done"},
    Status{"64", "the command line is wrong"},
    Status{"65", "what was to be enqueued is no entry, or a file of the queue is broken"},
    Status{"66", "no queue there, or an input file is missing"},
    Status{"70", "a bug of spoolctl"},
    Status{"73", "cannot create: the queue, a database, or anything on a read-only file system"},
    Status{"74", "I/O"},
    Status{
        "75",
        "try later: queue full, too little space, a daemon holds the queue or does not answer, time is up"},
    Status{"76", "unknown: a sync failed; enqueue again with the same --key"},
    Status{"77", "no permission"},
    Status{"78", "bad configuration"}};

}  // namespace

std::string manual_page(const CommandTree& tree) {
  std::string page =
      ".\\\" Made by 'spoolctl completion man'.\n"
      ".TH SPOOLCTL 1 \"\" \"spoold " SPOOLD_VERSION
      "\" \"spoold\"\n"
      ".SH NAME\nspoolctl \\- put work into a spoold queue, and show and steer what is in it\n"
      ".SH SYNOPSIS\n" +
      bold("spoolctl") +
      " [\\fIQUEUE\\fR] \\fIVERB\\fR [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\n"
      "A queue is a directory, and spoolctl works on the directory itself: everything but what steers "
      "running\n"
      "work does what it says with the daemon up or down, and from many processes at once.\n"
      ".SH WHICH QUEUE\n" +
      options_of(tree.program, true) + notes_of(tree.program) + ".SH VERBS\n";
  for (const auto& verb : tree.verbs) {
    page += ".SS " + roff(verb.name) + "\n" + roff(verb.help) + "\n.PP\n" + synopsis_of(verb) + "\n" +
            options_of(verb) + notes_of(verb);
  }
  page += ".SH EXIT STATUS\n";
  for (const auto& status : exit_statuses) {
    page += ".TP\n" + bold(status.number) + "\n" + roff(status.meaning) + "\n";
  }
  return page + ".SH ENVIRONMENT\n.TP\n" + bold("SPOOLD_QUEUE") +
         "\nthe queue's directory, as \\-\\-queue\n.TP\n" + bold("SPOOLD_CONFIG") +
         "\nthe configuration, as \\-\\-config\n.TP\n" + bold("NO_COLOR") +
         "\nif set and not empty, no colours\n.SH SEE ALSO\n" + bold("spoold") + "(8), " +
         bold("spoold.yaml") + "(5)\n";
}

}  // namespace spoold
