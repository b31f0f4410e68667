#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace spoold {

// Where something was given: a line of the file, or an environment variable; neither: nowhere, the default
// holds.
struct Place {
  int line = 0;  // counted from 1
  std::string variable;
};

// What becomes known while one configuration is read: its problems, which options there are, and where each
// was given. Options go by their dotted path: "worker.idle_exit", "backends.main.batch", "routes[0].backend".
class Reading {
 public:
  // An empty name: there is no file.
  explicit Reading(std::string file);

  [[nodiscard]] const std::string& file() const { return file_; }
  // What relative paths in the file are taken from: its directory, or nothing where that is the current one.
  [[nodiscard]] std::string directory() const;

  void know(const std::string& path) { known_.push_back(path); }
  void know_variable(const std::string& name) { variables_.push_back(name); }
  void found(const std::string& path, Place place) { places_[path] = std::move(place); }
  // The first of these that was given anywhere; the default place if none was.
  [[nodiscard]] Place place_of(std::initializer_list<std::string> paths) const;

  // Notes a problem; reading goes on, so that all of them are said at once.
  void refuse(const Place& place, const std::string& text);
  // A key of the map at `path` that nobody knows; `siblings` are the ones known there.
  void refuse_key(int line, const std::string& path, const std::string& key,
                  std::vector<std::string> siblings);

  // Every path and variable asked for, in the order of asking.
  [[nodiscard]] const std::vector<std::string>& known() const { return known_; }
  [[nodiscard]] const std::vector<std::string>& variables() const { return variables_; }

  // Kind invalid with all problems in the order of the file, one a line, if there are any. Control characters
  // from the file are shown as '?'.
  [[nodiscard]] Result<void> result() const;

 private:
  struct Problem {
    int line;
    std::string text;
  };
  struct UnknownKey {
    int line;
    std::string path;
    std::string key;
    std::vector<std::string> siblings;
  };

  [[nodiscard]] std::string at(const Place& place) const;
  [[nodiscard]] std::string describe(const UnknownKey& unknown) const;

  std::string file_;
  std::vector<std::string> known_;
  std::vector<std::string> variables_;
  std::map<std::string, Place> places_;
  std::vector<Problem> problems_;
  std::vector<UnknownKey> unknown_keys_;
};

// "worker" and "idle_exit": "worker.idle_exit"
[[nodiscard]] std::string join_path(const std::string& path, const std::string& key);

}  // namespace spoold
