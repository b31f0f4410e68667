#pragma once

#include "verb.hpp"

// Each is defined in the file of its name.

namespace spoold {

[[nodiscard]] Action define_init(CLI::App& command);
[[nodiscard]] Action define_enqueue(CLI::App& command);
[[nodiscard]] Action define_status(CLI::App& command);
[[nodiscard]] Action define_list(CLI::App& command);
[[nodiscard]] Action define_show(CLI::App& command);
[[nodiscard]] Action define_explain(CLI::App& command);
[[nodiscard]] Action define_shape(CLI::App& command);
[[nodiscard]] Action define_wait(CLI::App& command);
[[nodiscard]] Action define_errors(CLI::App& command);
[[nodiscard]] Action define_retry(CLI::App& command);
[[nodiscard]] Action define_cancel(CLI::App& command);
[[nodiscard]] Action define_pause(CLI::App& command);
[[nodiscard]] Action define_resume(CLI::App& command);
[[nodiscard]] Action define_drain(CLI::App& command);
[[nodiscard]] Action define_due(CLI::App& command);
[[nodiscard]] Action define_level(CLI::App& command);
[[nodiscard]] Action define_produce(CLI::App& command);
[[nodiscard]] Action define_cleanup(CLI::App& command);
[[nodiscard]] Action define_verify(CLI::App& command);
[[nodiscard]] Action define_export(CLI::App& command);
[[nodiscard]] Action define_metrics(CLI::App& command);
[[nodiscard]] Action define_start(CLI::App& command);
[[nodiscard]] Action define_stop(CLI::App& command);
[[nodiscard]] Action define_restart(CLI::App& command);
[[nodiscard]] Action define_logs(CLI::App& command);
[[nodiscard]] Action define_follow(CLI::App& command);
[[nodiscard]] Action define_completion(CLI::App& command);

}  // namespace spoold
