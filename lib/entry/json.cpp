#include "entry/json.hpp"

#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

// Hands the text to nlohmann's lexer and lets us see how far it has read: all copies of an iterator move one
// position that is kept outside. The lexer tells its handlers an offset for syntax errors only.
class TextIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  explicit TextIterator(const char** at) : at_(at) {}
  reference operator*() const { return **at_; }
  TextIterator& operator++() {
    ++*at_;
    return *this;
  }
  friend bool operator==(const TextIterator& a, const TextIterator& b) { return *a.at_ == *b.at_; }

 private:
  const char** at_;
};

// nlohmann's text without its prefix and without the input it quotes, which may be a megabyte of anything.
std::string syntax_error_text(std::string_view text) {
  const std::size_t begin = text.find("syntax error");
  if (begin != std::string_view::npos) text.remove_prefix(begin);
  return std::string(text.substr(0, text.find("; last read: ")));
}

// Builds the document from nlohmann's SAX events; each event answers false to stop.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string_view text) : text_(text), at_(text.data()) { levels_.reserve(8); }

  Result<Json> build() {
    if (text_.starts_with('\xEF')) {
      refuse(0, "a byte order mark, whole or cut; the text must begin with the JSON value itself");
      return error_;
    }
    const char* end = text_.data() + text_.size();
    if (!Json::sax_parse(TextIterator(&at_), TextIterator(&end), this)) return error_;
    // The lexer takes a NUL for the end of its input, wherever it stands.
    if (text_[position() - 1] == '\0') {
      refuse(position() - 1, "a NUL byte after the value; nothing may follow it");
      return error_;
    }
    // Named, because a Json would convert to anything, Error included.
    return Result<Json>{boost::system::in_place_value, std::move(document_)};
  }

  bool null() { return place(nullptr); }
  bool boolean(bool value) { return place(value); }
  // Called for negative integers only, so zero is "-0", which has no integer of its own.
  bool number_integer(std::int64_t value) { return value == 0 ? place(-0.0) : place(value); }
  bool number_unsigned(std::uint64_t value) { return place(value); }
  // The lexer hands an integer that does not fit 64 bits over as the nearest floating-point number.
  bool number_float(double value, const std::string& digits) {
    if (digits.find_first_not_of("-0123456789") != std::string::npos) return place(value);
    return refuse(number_end() - digits.size(), integer_too_large);
  }
  // Copied, not moved: the lexer goes on with its buffer, and would have to grow it again.
  bool string(std::string& value) { return place(std::as_const(value)); }
  bool binary(Json::binary_t& /*no such thing in JSON text*/) { return false; }

  bool start_object(std::size_t /*unknown*/) { return open(Json::value_t::object); }
  bool start_array(std::size_t /*unknown*/) { return open(Json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Level& level = levels_.back();
    auto& members = level.container->get_ref<Json::object_t&>();
    if (!is_new_name(level, members, name)) {
      return refuse(string_begin(), "the name " + excerpt(name) + " occurs twice in one object");
    }
    // emplace_back is the vector's: the map's own emplace would compare with every name once more.
    level.slot = &members.emplace_back(std::move(name), nullptr).second;
    return true;
  }

  bool parse_error(std::size_t read, const std::string& token, const nlohmann::detail::exception& problem) {
    constexpr int number_overflow = 406;
    if (problem.id == number_overflow) {
      const bool integer = token.find_first_not_of("-0123456789") == std::string::npos;
      return refuse(read - token.size(), integer ? integer_too_large : float_too_large);
    }
    return refuse(fault_begin(read, token), syntax_error_text(problem.what()));
  }

 private:
  struct Level {
    Json* container;
    Json* slot = nullptr;  // in an object: the value that the last name waits for
    std::unique_ptr<std::set<std::string, std::less<>>> names;  // in a large object
  };

  static constexpr const char* integer_too_large =
      "an integer that does not fit 64 bits; write it as a string";
  static constexpr const char* float_too_large =
      "a number beyond 1.8e308, which no floating-point number holds; write it as a string";

  // Small objects are searched one by one; large ones keep a set, or a hostile entry would cost quadratic
  // time.
  static bool is_new_name(Level& level, const Json::object_t& members, const std::string& name) {
    constexpr std::size_t searched_max = 16;
    if (members.size() < searched_max) {
      for (const auto& member : members) {
        if (member.first == name) return false;
      }
      return true;
    }
    if (!level.names) {
      level.names = std::make_unique<std::set<std::string, std::less<>>>();
      for (const auto& member : members) level.names->insert(member.first);
    }
    return level.names->insert(name).second;
  }

  template <class Value>
  bool place(Value&& value) {
    put(std::forward<Value>(value));
    return true;
  }

  // Puts a value where the text has it and says where that is; stays there until its container is closed.
  template <class Value>
  Json* put(Value&& value) {
    if (levels_.empty()) {
      document_ = std::forward<Value>(value);
      return &document_;
    }
    Level& level = levels_.back();
    if (level.slot == nullptr) {
      return &level.container->get_ref<Json::array_t&>().emplace_back(std::forward<Value>(value));
    }
    *level.slot = std::forward<Value>(value);
    return level.slot;
  }

  bool open(Json::value_t kind) {
    if (levels_.size() == json_depth_max) {
      return refuse(position() - 1, "nesting deeper than " + std::to_string(json_depth_max) + " levels");
    }
    Json* const container = put(kind);
    levels_.push_back(Level{container, nullptr, nullptr});
    if (kind == Json::value_t::object && levels_.size() == 1) {
      container->get_ref<Json::object_t&>().reserve(8);  // growing copies the names: they are const
    }
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - text_.data()); }

  // The end of the number just read: the lexer has looked at one byte more, unless the text ended.
  [[nodiscard]] std::size_t number_end() const {
    const std::size_t read = position();
    return text_[read - 1] >= '0' && text_[read - 1] <= '9' ? read : read - 1;
  }

  // The opening quote of the string just read: before it no backslash can stand.
  [[nodiscard]] std::size_t string_begin() const {
    std::size_t quote = position() - 1;
    do {
      quote = text_.rfind('"', quote - 1);
    } while (quote != 0 && text_[quote - 1] == '\\');
    return quote;
  }

  // Where a fault begins that the lexer found in its `read`th byte: the byte itself if a word breaks off with
  // it, else the beginning of the word that is out of place. `token` is that word's text, if it is a string
  // or number; behind other words it holds more than them.
  [[nodiscard]] std::size_t fault_begin(std::size_t read, const std::string& token) const {
    if (read > text_.size()) return text_.size();
    for (const std::string_view literal : {"true", "false", "null"}) {
      if (text_.substr(0, read).ends_with(literal)) return read - literal.size();
    }
    // A number breaks off with what is no digit; one that is too large is whole too.
    const bool number = token.find_first_not_of("+-.0123456789Ee") == std::string::npos &&
                        token.find_last_of("0123456789") + 1 == token.size();
    return read - (number || Json::accept(token) ? token.size() : 1);
  }

  bool refuse(std::size_t offset, const std::string& reason) {
    error_ = Error{ErrorKind::invalid, "byte " + std::to_string(offset) + ": " + reason};
    return false;
  }

  std::string_view text_;
  const char* at_;
  Json document_;
  std::vector<Level> levels_;
  Error error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  return DocumentBuilder(text).build();
}

}  // namespace spoold
