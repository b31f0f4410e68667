#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "entry/bundle.hpp"
#include "store/producer.hpp"

namespace spoold::test {

// The text of a bundle of these lines.
inline std::string bundle_text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) (text += line) += '\n';
  return text;
}

// Enqueues a bundle of these lines, whatever they hold. Returns its name.
template <class Queue>
EntryName enqueue_bundle(Queue& queue, const std::vector<std::string>& lines,
                         int priority = priority_default) {
  auto staged =
      queue.producer().stage_bundle(bundle_text(lines), static_cast<std::uint32_t>(lines.size()), priority);
  if (!staged) throw std::runtime_error(staged.error().message());
  std::vector<Producer::StagedBundle> all{std::move(*staged)};
  std::size_t shown = 0;
  if (const auto published = queue.producer().publish_bundles(all, shown); !published) {
    throw std::runtime_error(published.error().message());
  }
  return all.front().name;
}

}  // namespace spoold::test
