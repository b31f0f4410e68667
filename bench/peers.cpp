// Peers: what people would use in place of spoold, on the same work, in turn with spoold.
//
// spoold is at its default, up to 100 entries to a commit, and once more with a commit for each, like the
// peers.

#include "bench/bundles.hpp"
#include "bench/drain_shape.hpp"
#include "bench/peer.hpp"
#include "bench/runs.hpp"
#include "entry/entry_format.hpp"
#include "os/posix_file_system.hpp"
#include "store/producer.hpp"

namespace spoold::bench {
namespace {

struct Kind {
  const char* name;  // for JSON
  const char* what;
  std::unique_ptr<Peer> (*start)(const std::string& parent);
  std::size_t share;        // of the jobs: some take long
  bool batches;             // its handler can put many jobs into one transaction
  std::size_t batch_share;  // of the jobs put for that
  const char* aim_single;
  const char* aim_batch;
};

constexpr Kind kinds[] = {
    {"beanstalkd", "beanstalkd, fsync each", start_beanstalkd, 2, true, 5, ">= 5", ">= 1.7"},
    {"redis", "Redis list, appendfsync always", start_redis, 2, true, 1, ">= 5", ">= 1.7"},
    {"postgresql", "PostgreSQL, SKIP LOCKED", start_postgresql, 2, true, 1, ">= 5", ">= 1.7"},
    {"shell", "the shell: jq, sqlite3, mv", start_shell, 20, false, 1, ">= 5", ""},
    {"job_table", "a table of jobs in the same SQLite file", start_job_table, 2, true, 1, "", ""},
};

double spoold_put_rate(const ScratchQueue& queue, std::size_t entries) {
  PosixFileSystem files;
  const SystemClock clock;
  const QueueLayout layout = take(QueueLayout::open_for_producer(files, queue.path()));
  Sequence sequence = take(Sequence::open(layout.queue(), clock, 0600));
  Producer producer{files, layout, sequence, clock, ProducerOptions{}};
  const Stopwatch watch;
  for (std::uint64_t id = 0; id < entries; ++id) {
    static_cast<void>(take(producer.enqueue(take(parse_entry(note_entry(id))))));
  }
  return static_cast<double>(entries) / watch.seconds();
}

class Comparison {
 public:
  Comparison(const Options& options, const Kind& kind)
      : options_(options), kind_(kind), start_up_(start_up_seconds(fresh("start"))) {}

  void run() {
    const std::unique_ptr<Peer> peer = kind_.start(fresh("peer"));
    if (!peer) return;
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      const std::string directory = fresh("round-" + std::to_string(round));
      measure_put(*peer, round, directory);
      measure_single(*peer, round, directory);
      if (kind_.batches) measure_batch(*peer, round, directory);
    }
    report_figures();
  }

 private:
  [[nodiscard]] static std::size_t hundreds(std::size_t jobs) {
    return std::max<std::size_t>(jobs / 100, 1) * 100;
  }
  [[nodiscard]] std::size_t jobs() const { return hundreds(options_.entries / 10 / kind_.share); }
  [[nodiscard]] std::size_t batch_jobs() const { return hundreds(options_.entries * 5 / kind_.batch_share); }

  void measure_put(Peer& peer, std::size_t round, const std::string& directory) {
    const ScratchQueue producing{directory, "put", ScratchQueue::WithDatabase::no};
    in_turn(
        round, [&] { put_.spoold.push_back(spoold_put_rate(producing, jobs())); },
        [&] { put_.floor.push_back(peer.put(jobs())); });
  }

  // Of what was put before.
  void measure_single(Peer& peer, std::size_t round, const std::string& directory) {
    in_turn(
        round,
        [&] {
          single_.spoold.push_back(drain_of_spoold(directory, "single", DrainShape{}));
          each_.spoold.push_back(drain_of_spoold(directory, "each", DrainShape{.batch = 1}));
        },
        [&] { single_.floor.push_back(peer.drain(jobs(), 1)); });
    each_.floor.push_back(single_.floor.back());
  }

  void measure_batch(Peer& peer, std::size_t round, const std::string& directory) {
    peer.fill(batch_jobs());
    in_turn(
        round,
        [&] {
          batch_.spoold.push_back(drain_of_spoold(directory, "batch", DrainShape{}));
          bundles_.spoold.push_back(drain_of_bundles(directory));
        },
        [&] { batch_.floor.push_back(peer.drain(batch_jobs(), 100)); });
    bundles_.floor.push_back(batch_.floor.back());
  }

  void report_figures() const {
    const std::string name = std::string{"peer_"} + kind_.name;
    const std::string what = kind_.what;
    const auto print = [&](const char* which, const std::string& text, const Rounds& rounds,
                           const char* aim) {
      report(compare(name + which, text, "entries/s", rounds, aim));
    };
    print("_put", "durable enqueue; beside " + what, put_, "");
    print("_single", "drain, 100 to a commit; beside " + what + ", a commit a job", single_,
          kind_.aim_single);
    print("_each", "drain, a commit an entry; beside " + what + ", a commit a job", each_, "");
    if (!kind_.batches) return;
    print("_batch", "drain, 100 to a commit; beside " + what + ", a commit for 100", batch_, kind_.aim_batch);
    print("_bundles", "drain of bundles; beside " + what + ", a commit for 100", bundles_, kind_.aim_batch);
  }

  // More entries than the peers' jobs, since it takes its time to start.
  [[nodiscard]] double drain_of_spoold(const std::string& directory, const std::string& name,
                                       const DrainShape& shape) const {
    const std::size_t entries = options_.entries / 4;
    const ScratchQueue queue = filled_queue(directory, name, entries, shape);
    return spoold_drain_rate(queue, entries, start_up_, shape);
  }

  [[nodiscard]] double drain_of_bundles(const std::string& directory) const {
    const std::size_t entries = options_.entries * 5;
    const ScratchQueue queue{directory, "bundles"};
    const std::string lines = directory + "/rows.jsonl";
    write_lines(lines, entries);
    enqueue_bundles(queue, lines);
    return bundles_drain_rate(queue, entries, start_up_);
  }

  [[nodiscard]] std::string fresh(const std::string& name) const {
    const std::string directory = options_.directory + "/peers-" + kind_.name + "-" + name;
    make_open_directory(directory);
    return directory;
  }

  const Options& options_;
  const Kind& kind_;
  double start_up_;
  Rounds put_;
  Rounds single_;
  Rounds each_;  // as single_, but spoold too with one to a commit
  Rounds batch_;
  Rounds bundles_;
};

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  for (const Kind& kind : kinds) Comparison{options, kind}.run();
}
