#include "crash/transitions.hpp"

#include <algorithm>

#include "store/placing.hpp"
#include "support/bundles.hpp"

namespace spoold::test {

namespace {

using Marks = std::vector<std::string>;

template <class Queue>
struct Steps {
  using S = Scene<Queue>;

  static AttemptRecord attempt(const S& scene, std::string outcome) {
    return {scene.claim->name.attempts, WallTime{}, std::move(outcome), "for a reason"};
  }
  static Json receipt() { return Json{{"status", "done"}}; }

  static std::string add(S& scene, const std::string& mark) {
    std::string name = scene.queue.enqueue(marked(mark));
    scene.marks.push_back(mark);
    scene.ids[mark] = parse_entry_name(name)->seq;
    return name;
  }

  static void bystander(S& scene) { add(scene, "other"); }
  static void enqueued(S& scene) {
    bystander(scene);
    scene.file_name = add(scene, "one");
  }
  static void dropped(S& scene, const std::string& name, const std::string& before = "") {
    bystander(scene);
    scene.file_name = name;
    scene.queue.drop(name, before + marked("one"));
    scene.marks.push_back("one");
  }
  static void foreign(S& scene) { dropped(scene, "3_foreign.json"); }
  static void broken(S& scene) { dropped(scene, "broken.json", "broken "); }
  static void broken_of_ours(S& scene) { dropped(scene, "05_00000000000000000042.json", "broken "); }
  static void half_written(S& scene) {
    bystander(scene);
    scene.file_name = "05_00000000000000000042.json";
    scene.queue.drop(scene.file_name, "{\"half\": " + marked("one"), std::chrono::nanoseconds{0});
    scene.marks.push_back("one");
  }
  static void claimed(S& scene) {
    enqueued(scene);
    scene.claim = scene.queue.claim(scene.file_name);
  }
  static void adopted(S& scene) {
    foreign(scene);
    scene.claim = scene.queue.claim(scene.file_name);
  }
  static void several_claimed(S& scene) {
    claimed(scene);
    for (const char* mark : {"two", "three"}) scene.claims.push_back(scene.queue.claim(add(scene, mark)));
  }
  static void waiting(S& scene) {
    claimed(scene);
    scene.deferred = *scene.queue.store().postpone(*scene.claim, scene.queue.clock().wall_now());
  }
  static void failed(S& scene) {
    claimed(scene);
    (void)scene.queue.store().dead_letter(*scene.claim, attempt(scene, "reject"));
    scene.file_name = scene.claim->file_name;
  }
  static void crashed(S& scene) {
    claimed(scene);
    (void)scene.queue.claim(add(scene, "two"));
    scene.queue.drop("05_00000000000000000043.a3.c2.json", marked("three"), std::chrono::hours{1},
                     State::processing);
    scene.queue.drop("stray.json", marked("four"), std::chrono::hours{1}, State::processing);
    scene.marks.insert(scene.marks.end(), {"three", "four"});
  }

  // One line that takes effect, and one each for pending/, failed/ and corrupt/.
  static std::vector<std::string> lines() {
    return {marked("one"), marked("two"), marked("three"), "broken " + marked("four")};
  }
  static void note_lines(S& scene, const EntryName& bundle) {
    std::uint64_t id = bundle.seq;
    for (const char* mark : {"one", "two", "three", "four"}) {
      scene.marks.emplace_back(mark);
      scene.ids[mark] = ++id;
    }
  }
  static void bundled(S& scene) {
    bystander(scene);
    const EntryName name = enqueue_bundle(scene.queue, lines());
    note_lines(scene, name);
    scene.file_name = format_entry_name(name);
  }
  static void bundle_claimed(S& scene) {
    bundled(scene);
    auto claimed = scene.queue.store().bundles().claim(scene.file_name);
    scene.bundle = std::get<Bundle>(std::move(*claimed));
  }
  static void foreign_bundle(S& scene) {
    bystander(scene);
    scene.file_name = "3_rows.jsonl";
    scene.queue.drop(scene.file_name, bundle_text(lines()));
    for (const char* mark : {"one", "two", "three", "four"}) scene.marks.emplace_back(mark);
  }
  static void half_bundle(S& scene) {
    bystander(scene);
    scene.file_name = "05_00000000000000000042.n9.jsonl";
    scene.queue.drop(scene.file_name, marked("one") + "\n");
    scene.marks.emplace_back("one");
  }
  // As one that crashed between its lines' leaving and the syncs of the names they got.
  static void bundle_crashed(S& scene) {
    bundle_claimed(scene);
    (void)scene.queue.store().sync_claims();  // before any of its lines is seen elsewhere
    for (const std::uint32_t line : {2U, 3U}) {
      auto& files = scene.queue.files();
      const QueueLayout& layout = scene.queue.layout();
      const std::string name = format_entry_name(line_name(scene.bundle->name, line));
      (void)files.write_new(layout.staging(), name, marked(line == 2 ? "two" : "three"), 0600,
                            Durability::before_names);
      (void)place(files, layout, layout.staging(), name, line == 2 ? State::completed : State::failed, name);
    }
  }

  static bool enqueue_as_bundle(S& scene) {
    Producer& producer = scene.queue.producer();
    auto staged = producer.stage_bundle(bundle_text(lines()), 4, 5);
    if (!staged) return false;
    std::vector<Producer::StagedBundle> all{std::move(*staged)};
    std::size_t shown = 0;
    if (!producer.publish_bundles(all, shown)) return false;
    note_lines(scene, all.front().name);
    for (const char* mark : {"one", "two", "three", "four"}) scene.promised[mark] = State::pending;
    return true;
  }
  static bool claim_bundle(S& scene) {
    return scene.queue.store().bundles().claim(scene.file_name).has_value();
  }
  static SplitOut split(S& scene, std::uint32_t line, State to) {
    SplitOut split;
    split.line = line;
    split.to = to;
    split.name = line_name(scene.bundle->name, line);
    split.bytes = lines()[line - 1] + "\n";
    if (to == State::corrupt) split.reason = "it is broken";
    return split;
  }
  static bool split_out(S& scene) {
    BundleStore& bundles = scene.queue.store().bundles();
    if (scene.splits.empty()) {
      scene.splits.push_back(split(scene, 2, State::pending));
      scene.splits.push_back(split(scene, 3, State::failed));
      scene.splits.push_back(split(scene, 4, State::corrupt));
    }
    if (!bundles.split_out(*scene.bundle, scene.splits)) return false;
    scene.promised = {{"two", State::pending}, {"three", State::failed}, {"four", State::corrupt}};
    return true;
  }
  static bool settle_bundle(S& scene) {
    if (!split_out(scene)) return false;
    return scene.queue.store().bundles().ack(*scene.bundle).has_value();
  }
  static bool release_bundle(S& scene) {
    if (!split_out(scene)) return false;
    return scene.queue.store().bundles().release(*scene.bundle).has_value();
  }

  static bool claim(S& scene) { return scene.queue.store().claim(scene.file_name).has_value(); }

  // Acknowledged entries must survive; others may be there or not.
  static bool enqueue(S& scene) {
    const auto done = scene.queue.producer().enqueue(entry_of(marked("one")));
    if (!done) return false;
    scene.marks.push_back("one");
    scene.ids["one"] = done->seq;
    scene.promised["one"] = State::pending;
    return true;
  }
  static bool enqueue_all(S& scene) {
    const std::string later =
        R"({"operation":"greet","not_before":"2200-01-01T00:00:00Z","stdin":"mark three."})";
    const auto bulk = scene.queue.producer().enqueue_all(
        {entry_of(marked("one")), entry_of(marked("two")), entry_of(later)});
    static const Marks marks{"one", "two", "three"};
    if (!bulk.result && bulk.result.error().kind == ErrorKind::unknown) return false;
    for (std::size_t i = 0; i < bulk.enqueued.size(); ++i) {
      scene.marks.push_back(marks[i]);
      scene.promised[marks[i]] = bulk.enqueued[i].state;
    }
    return bulk.result.has_value();
  }
  static bool ack(S& scene) { return scene.queue.store().ack(*scene.claim, nullptr).has_value(); }
  static bool ack_with_receipt(S& scene) {
    if (!scene.queue.store().ack(*scene.claim, receipt()) || !scene.queue.store().sync_acks()) return false;
    scene.promised["one"] = State::completed;
    return true;
  }
  // As the worker settles what finished meanwhile: all receipts, all renames, one sync.
  static bool ack_several(S& scene) {
    DirectoryStore& store = scene.queue.store();
    const Json done = receipt();
    std::vector<DirectoryStore::Acknowledgement> acks{{&*scene.claim, &done}};
    for (const Claim& claim : scene.claims) acks.push_back({&claim, &done});
    bool all = true;
    for (const Result<void>& result : store.ack_all(acks)) {
      all = all && (result || result.error().kind == ErrorKind::not_found);
    }
    if (!all || !store.sync_acks()) return false;
    for (const char* mark : {"one", "two", "three"}) scene.promised[mark] = State::completed;
    return true;
  }
  static bool defer(S& scene) {
    const WallTime due = scene.queue.clock().wall_now();
    return scene.queue.store().defer(*scene.claim, due, attempt(scene, "retry")).has_value();
  }
  static bool postpone(S& scene) {
    return scene.queue.store().postpone(*scene.claim, scene.queue.clock().wall_now()).has_value();
  }
  static bool bring_forward(S& scene) {
    const WallTime due = scene.queue.clock().wall_now() - std::chrono::seconds{1};
    return scene.queue.store().bring_forward(*scene.deferred, due).has_value();
  }
  static bool make_due(S& scene) { return scene.queue.store().make_due(*scene.deferred).has_value(); }
  static bool dead_letter(S& scene) {
    if (!scene.queue.store().dead_letter(*scene.claim, attempt(scene, "reject"))) return false;
    scene.promised["one"] = State::failed;
    return true;
  }
  static bool cancel(S& scene) {
    if (!scene.queue.store().cancel(*scene.claim, attempt(scene, "cancelled"))) return false;
    scene.promised["one"] = State::cancelled;
    return true;
  }
  static bool release(S& scene) { return scene.queue.store().release(*scene.claim).has_value(); }
  static bool recover(S& scene) {
    if (!spoold::recover(scene.queue.files(), scene.queue.layout(), scene.queue.clock(), {})) return false;
    scene.promised = {{"one", State::pending}, {"two", State::pending}, {"three", State::failed}};
    return true;
  }

  static bool recover_bundle(S& scene) {
    if (!spoold::recover(scene.queue.files(), scene.queue.layout(), scene.queue.clock(), {})) return false;
    scene.promised = {{"one", State::pending},
                      {"two", State::completed},
                      {"three", State::failed},
                      {"four", State::pending}};
    return true;
  }

  // What spoolctl does for a person: one rename, and both its ends synced.
  static bool move_by_hand(S& scene, State from, State to, const std::string& new_name) {
    Queue& queue = scene.queue;
    if (!place(queue.files(), queue.layout(), from, scene.file_name, to, new_name)) return false;
    for (const State state : {to, from}) {
      if (!queue.files().sync_directory(queue.layout().directory(state))) return false;
    }
    scene.promised["one"] = to;
    return true;
  }
  static bool cancel_by_hand(S& scene) {
    return move_by_hand(scene, State::pending, State::cancelled, scene.file_name);
  }
  static bool retry_by_hand(S& scene) {
    EntryName name = *parse_entry_name(scene.file_name);
    name.attempts = 0;
    return move_by_hand(scene, State::failed, State::pending, format_entry_name(name));
  }
};

}  // namespace

template <class Queue>
const std::vector<Transition<Queue>>& all_transitions() {
  using It = Steps<Queue>;
  static const std::vector<Transition<Queue>> transitions{
      {"enqueue", It::bystander, It::enqueue},
      {"enqueue several", It::bystander, It::enqueue_all},
      {"claim", It::enqueued, It::claim},
      {"claim of a foreign name", It::foreign, It::claim},
      {"condemn a foreign name", It::broken, It::claim},
      {"condemn a name of ours", It::broken_of_ours, It::claim},
      {"put back what is half-written", It::half_written, It::claim},
      {"ack", It::claimed, It::ack},
      {"ack with a receipt", It::adopted, It::ack_with_receipt},
      {"ack of several", It::several_claimed, It::ack_several},
      {"defer", It::claimed, It::defer},
      {"postpone", It::adopted, It::postpone},
      {"bring forward", It::waiting, It::bring_forward},
      {"make due", It::waiting, It::make_due},
      {"dead letter", It::claimed, It::dead_letter},
      {"release", It::claimed, It::release},
      {"cancel", It::claimed, It::cancel},
      {"cancel by a person", It::enqueued, It::cancel_by_hand},
      {"retry by a person", It::failed, It::retry_by_hand},
      {"enqueue a bundle", It::bystander, It::enqueue_as_bundle},
      {"claim of a bundle", It::bundled, It::claim_bundle},
      {"claim of a foreign bundle", It::foreign_bundle, It::claim_bundle},
      {"condemn a bundle", It::half_bundle, It::claim_bundle},
      {"condemn a line, let others leave, ack the bundle", It::bundle_claimed, It::settle_bundle},
      {"condemn a line, let others leave, release the bundle", It::bundle_claimed, It::release_bundle},
      {"recover a bundle", It::bundle_crashed, It::recover_bundle},
      {"recover", It::crashed, It::recover}};
  return transitions;
}

std::string marked(const std::string& mark) {
  return R"({"operation":"greet","sql":"SELECT 1","stdin":"mark )" + mark + ".\"}";
}

template <class Queue>
std::vector<std::string> places_of(const Queue& queue, const std::string& mark) {
  std::vector<std::string> places;
  for (const State state : all_states) {
    for (const std::string& name : queue.names(state)) {
      if (queue.read(state, name).find("mark " + mark + ".") == std::string::npos) continue;
      places.push_back(std::string(to_string(state)) + "/" + name);
    }
  }
  return places;
}

namespace {

// From it lines leave, and are in two places for a moment.
bool is_claimed_bundle(const std::string& place) {
  return place.starts_with("processing/") && is_bundle_file_name(place);
}

// Of one mark. `owed`: it was acknowledged.
template <class Queue>
void check_mark(const Scene<Queue>& scene, const std::string& mark, Promises which, Marks& broken) {
  const Marks places = places_of(scene.queue, mark);
  const bool owed = std::find(scene.marks.begin(), scene.marks.end(), mark) != scene.marks.end();
  if (owed && places.empty()) broken.push_back(mark + " is lost");
  if (which == Promises::nothing_lost || places.empty()) return;
  const bool leaving = std::any_of(places.begin(), places.end(), is_claimed_bundle);
  if (places.size() > (leaving ? 2 : 1)) broken.push_back(mark + " is in " + places[0] + " and " + places[1]);
  const auto id = scene.ids.find(mark);
  if (id == scene.ids.end()) return;
  const auto name = parse_entry_name(places[0].substr(places[0].find('/') + 1));
  const bool its_own = name && (name->is_bundle() ? name->owns(id->second) : name->seq == id->second);
  if (!its_own) broken.push_back(places[0] + " has another id");
}

}  // namespace

template <class Queue>
std::vector<std::string> broken_promises(const Scene<Queue>& scene, Promises which) {
  Marks broken;
  for (const char* mark : {"other", "one", "two", "three", "four"}) check_mark(scene, mark, which, broken);
  if (which == Promises::nothing_lost) return broken;
  for (const std::string& line : scene.queue.audit()) {
    // What is no entry may lie in pending/ until it is condemned.
    if (line.ends_with("is not whole") && line.find("00000000000000000042") != std::string::npos) continue;
    broken.push_back(line);
  }
  if (which == Promises::all_but_reasons) return broken;
  const Marks condemned = scene.queue.names(State::corrupt);
  for (const std::string& name : condemned) {
    if (name.ends_with(".reason")) continue;
    if (std::find(condemned.begin(), condemned.end(), name + ".reason") == condemned.end()) {
      broken.push_back("corrupt/" + name + " has no reason");
    }
  }
  return broken;
}

template <class Queue>
bool drain(Queue& queue) {
  queue.clock().advance(std::chrono::hours{40});
  for (const std::string& name : queue.names(State::pending)) {
    if (is_bundle_file_name(name)) {
      const auto result = queue.store().bundles().claim(name);
      if (!result) return false;
      const auto* bundle = std::get_if<Bundle>(&*result);
      if (bundle != nullptr && !queue.store().bundles().ack(*bundle)) return false;
      continue;
    }
    const auto result = queue.store().claim(name);
    if (!result) return false;
    const auto* claim = std::get_if<Claim>(&*result);
    if (claim != nullptr && !queue.store().ack(*claim, nullptr)) return false;
  }
  return queue.names(State::pending).empty() && queue.names(State::processing).empty();
}

template const std::vector<Transition<LyingQueue>>& all_transitions<LyingQueue>();
template std::vector<std::string> places_of<LyingQueue>(const LyingQueue& queue, const std::string&);
template std::vector<std::string> broken_promises<LyingQueue>(const Scene<LyingQueue>& scene, Promises);
template bool drain<LyingQueue>(LyingQueue& queue);

template const std::vector<Transition<TempQueue>>& all_transitions<TempQueue>();
template std::vector<std::string> places_of<TempQueue>(const TempQueue& queue, const std::string&);
template std::vector<std::string> broken_promises<TempQueue>(const Scene<TempQueue>& scene, Promises);
template bool drain<TempQueue>(TempQueue& queue);

}  // namespace spoold::test
