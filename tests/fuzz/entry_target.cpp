#include <charconv>
#include <optional>

#include "entry/entry_format.hpp"
#include "fuzz/property.hpp"
#include "fuzz/targets.hpp"

namespace spoold::fuzz {

namespace {

// The offset that a refusal begins with ("byte 17: ...").
std::optional<std::size_t> offset_of(std::string_view refusal) {
  if (!refusal.starts_with("byte ")) return std::nullopt;
  refusal.remove_prefix(5);
  std::size_t offset = 0;
  const auto [end, problem] = std::from_chars(refusal.data(), refusal.data() + refusal.size(), offset);
  must(problem == std::errc{} && *end == ':', "an offset is a number, and a colon follows it");
  return offset;
}

void check_refusal(std::string_view input, const Error& error) {
  must(error.kind == ErrorKind::invalid, "what is refused is invalid");
  must_be_one_line(error.message());
  const auto offset = offset_of(error.context);
  must(offset && *offset <= input.size(), "a refusal says at which byte");
  // Nothing was wrong before that byte: cut there, the text is whole, or wrong only in that it ends.
  const auto cut = parse_json(input.substr(0, *offset));
  must(cut || offset_of(cut.error().context) == offset, "what stands before the offset is no fault");
}

// An entry as it comes back from its file.
Entry through_its_file(const Entry& entry) {
  const std::string text = format_entry(entry);
  must(text.find('\n') == text.size() - 1, "an entry is written as one line");
  auto again = parse_entry(text);
  must(again.has_value(), "what is written is an entry");
  must(again->document == entry.document, "what is written is what was read");
  must(format_entry(*again) == text, "what is read is written the same");
  must(again->operation == entry.operation && again->priority == entry.priority && again->key == entry.key &&
           again->not_before == entry.not_before && again->expires_at == entry.expires_at,
       "the fields are the document's");
  return std::move(*again);
}

void check_entry(const Entry& entry) {
  const Entry again = through_its_file(entry);
  must(digest(again) == digest(entry), "what asks for the same has the same digest");
  must(make_entry(entry.document).has_value(), "a document that was read is one that can be made");

  // What the worker writes into it leaves it an entry that asks for the same.
  Entry settled = entry;
  record_attempt(settled,
                 {.attempt = 2, .finished_at = {}, .outcome = "retry", .reason = "why", .again = true});
  record_receipt(settled, Json{{"status", "done"}}, 3);
  must(digest(through_its_file(settled)) == digest(entry),
       "the record of an attempt is no part of what is asked");
}

}  // namespace

void fuzz_entry(std::string_view input) {
  const auto json = parse_json(input);
  if (!json) {
    check_refusal(input, json.error());
    must(parse_entry(input).has_error(), "no entry where there is no JSON");
    return;
  }
  must(Json::accept(input), "a reader that is less strict takes what we take");
  const auto entry = parse_entry(input);
  if (entry) return check_entry(*entry);
  must(entry.error().kind == ErrorKind::invalid, "what is refused is invalid");
  must_be_one_line(entry.error().message());
  must(make_entry(*json).has_error(), "what cannot be read cannot be made");
}

}  // namespace spoold::fuzz
