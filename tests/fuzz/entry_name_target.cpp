#include "entry/entry_name.hpp"
#include "entry/utf8.hpp"
#include "fuzz/property.hpp"
#include "fuzz/targets.hpp"

namespace spoold::fuzz {

namespace {

void check_ours(std::string_view input, const EntryName& name) {
  must(is_entry_file_name(input), "a name of ours is one of an entry's");
  must(format_entry_name(name) == input, "a name has one spelling");
  must(parse_id(format_id(name.seq)) == name.seq, "an id reads as it is written");
  if (name.due_ms && due_time(*name.due_ms) < WallTime::max())
    must(due_ms_of(due_time(*name.due_ms)) == name.due_ms, "a due time is kept to the millisecond");
}

// A name made of parts that the input decides, with the input as the label of what was a foreign name.
void check_made(std::string_view input) {
  std::uint64_t parts = hash_of(input);
  const auto take = [&](std::uint64_t below) {
    const std::uint64_t part = parts % below;
    parts = (parts / below) * 0x9E3779B97F4A7C15U + part;
    return part;
  };
  EntryName name;
  name.priority = static_cast<int>(1 + take(10));
  name.seq = 1 + take(0x7FFFFFFFFFFFFFFFU);
  if (take(2) == 1) name.attempts = static_cast<std::uint32_t>(take(counted_max + 1));
  if (take(2) == 1) name.crashes = static_cast<std::uint32_t>(take(counted_max + 1));
  if (take(2) == 1) name.due_ms = static_cast<std::int64_t>(take(10'000'000'000'000));
  name.label = make_label(input);
  const std::string text = format_entry_name(name);
  must(text.size() <= 255, "a name fits a directory");
  must(parse_entry_name(text) == name, "what is made of parts reads as those parts");
  must_be_one_line(text);
}

}  // namespace

void fuzz_entry_name(std::string_view input) {
  if (const auto name = parse_entry_name(input)) check_ours(input, *name);
  check_made(input);

  const auto priority = leading_priority(input);
  must(!priority || (*priority >= priority_first && *priority <= priority_last),
       "a priority is in its range");
  if (const auto id = parse_id(input)) {
    must(format_id(*id).size() == 20 && parse_id(format_id(*id)) == id, "an id has twenty digits");
  }

  const std::string shown = printable(input);
  if (!input.empty() && input.size() < 250) must_be_one_line(shown);
  must(printable(shown) == shown, "what can be shown is shown as it is");
  must(shown.size() <= 4 * input.size(), "what is shown is at most four times as long");
  must_be_one_line(excerpt(input));
  const std::string_view cut = cut_utf8(input, input.size() / 2);
  must(input.starts_with(cut) &&
           (find_invalid_utf8(input) < input.size() || find_invalid_utf8(cut) > cut.size()),
       "a cut leaves no half characters");
}

}  // namespace spoold::fuzz
