// Peers: what people would use in place of spoold, on the same work, in turn with spoold.

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
  std::size_t share;  // of the jobs: some take long
  bool batches;       // its handler can put many jobs into one transaction
  const char* aim_single;
  const char* aim_batch;
};

constexpr Kind kinds[] = {
    {"beanstalkd", "beanstalkd, fsync each", start_beanstalkd, 2, true, ">= 5", ">= 1.7"},
    {"redis", "Redis list, appendfsync always", start_redis, 2, true, ">= 5", ">= 1.7"},
    {"postgresql", "PostgreSQL, SKIP LOCKED", start_postgresql, 2, true, ">= 5", ">= 1.7"},
    {"shell", "the shell: jq, sqlite3, mv", start_shell, 20, false, ">= 5", ""},
    {"job_table", "a table of jobs in the same SQLite file", start_job_table, 2, true, "", ""},
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
    const std::size_t jobs = std::max<std::size_t>(options_.entries / 10 / kind_.share / 100, 1) * 100;
    Rounds put;
    Rounds single;
    Rounds batch;
    Rounds bundles;
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      const std::string directory = fresh("round-" + std::to_string(round));
      const ScratchQueue producing{directory, "put", ScratchQueue::WithDatabase::no};
      put.spoold.push_back(spoold_put_rate(producing, jobs));
      put.floor.push_back(peer->put(jobs));
      single.spoold.push_back(drain_of_spoold(directory, "single"));
      single.floor.push_back(peer->drain(jobs, 1));
      if (!kind_.batches) continue;
      static_cast<void>(peer->put(jobs));
      batch.spoold.push_back(drain_of_spoold(directory, "batch"));
      batch.floor.push_back(peer->drain(jobs, 100));
      bundles.spoold.push_back(drain_of_bundles(directory));
      bundles.floor.push_back(batch.floor.back());
    }
    const std::string name = kind_.name;
    const std::string what = kind_.what;
    report(compare("peer_" + name + "_put", "durable enqueue; beside " + what, "entries/s", put, ""));
    report(compare("peer_" + name + "_single", "drain; beside " + what + ", a commit a job", "entries/s",
                   single, kind_.aim_single));
    if (!kind_.batches) return;
    report(compare("peer_" + name + "_batch", "drain; beside " + what + ", a commit for 100", "entries/s",
                   batch, kind_.aim_batch));
    report(compare("peer_" + name + "_bundles", "drain of bundles; beside " + what + ", a commit for 100",
                   "entries/s", bundles, kind_.aim_batch));
  }

 private:
  // spoold as it is set up by default: 100 at once, more entries, since it takes its time to start.
  double drain_of_spoold(const std::string& directory, const std::string& name) const {
    const std::size_t entries = options_.entries / 4;
    const ScratchQueue queue = filled_queue(directory, name, entries, DrainShape{});
    return spoold_drain_rate(queue, entries, start_up_, DrainShape{});
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
};

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  for (const Kind& kind : kinds) Comparison{options, kind}.run();
}
