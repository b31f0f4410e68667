#include "crash/transitions.hpp"

#include <algorithm>

namespace spoold::test {

namespace {

AttemptRecord attempt(const Scene& scene, std::string outcome) {
  return {scene.claim->name.attempts, WallTime{}, std::move(outcome), "for a reason"};
}

void enqueued(Scene& scene) {
  scene.file_name = scene.queue.enqueue(marked("one"));
  scene.marks = {"one"};
}

void dropped(Scene& scene) {
  scene.file_name = "3_foreign.json";
  scene.queue.drop(scene.file_name, marked("one"));
  scene.marks = {"one"};
}

void broken(Scene& scene) {
  scene.file_name = "broken.json";
  scene.queue.drop(scene.file_name, "broken " + marked("one"));
  scene.marks = {"one"};
}

void broken_of_ours(Scene& scene) {
  scene.file_name = "05_00000000000000000042.json";
  scene.queue.drop(scene.file_name, "broken " + marked("one"));
  scene.marks = {"one"};
}

void half_written(Scene& scene) {
  scene.file_name = "05_00000000000000000042.json";
  scene.queue.drop(scene.file_name, "{\"half\": " + marked("one"), std::chrono::nanoseconds{0});
  scene.marks = {"one"};
}

void claimed(Scene& scene) {
  enqueued(scene);
  scene.claim = scene.queue.claim(scene.file_name);
}

void adopted(Scene& scene) {
  dropped(scene);
  scene.claim = scene.queue.claim(scene.file_name);
}

void waiting(Scene& scene) {
  claimed(scene);
  auto name = scene.queue.store().postpone(*scene.claim, scene.queue.clock().wall_now());
  scene.deferred = *name;
}

void crashed(Scene& scene) {
  claimed(scene);
  const std::string second = scene.queue.enqueue(marked("two"));
  (void)scene.queue.claim(second);
  scene.queue.drop("05_00000000000000000042.a3.c2.json", marked("three"), std::chrono::hours{1},
                   State::processing);
  scene.queue.drop("stray.json", marked("four"), std::chrono::hours{1}, State::processing);
  scene.marks = {"one", "two", "three", "four"};
}

std::vector<Entry> three_entries() {
  return {entry_of(marked("one")), entry_of(marked("two")),
          entry_of(R"({"operation":"greet","not_before":"2200-01-01T00:00:00Z","stdin":"mark three."})")};
}

bool claim_step(Scene& scene) {
  return scene.queue.store().claim(scene.file_name).has_value();
}

// Acknowledged entries must survive; others may be there or not.
bool enqueue_step(Scene& scene) {
  const bool done = scene.queue.producer().enqueue(entry_of(marked("one"))).has_value();
  if (done) scene.marks = {"one"};
  return done;
}

bool enqueue_all_step(Scene& scene) {
  const auto bulk = scene.queue.producer().enqueue_all(three_entries());
  static const std::vector<std::string> marks{"one", "two", "three"};
  scene.marks.assign(marks.begin(), marks.begin() + static_cast<std::ptrdiff_t>(bulk.enqueued.size()));
  return bulk.result.has_value();
}

}  // namespace

const std::vector<Transition>& all_transitions() {
  static const std::vector<Transition> transitions{
      {"enqueue", [](Scene&) {}, enqueue_step},
      {"enqueue several", [](Scene&) {}, enqueue_all_step},
      {"claim", enqueued, claim_step},
      {"claim of a foreign name", dropped, claim_step},
      {"condemn a foreign name", broken, claim_step},
      {"condemn a name of ours", broken_of_ours, claim_step},
      {"put back what is half-written", half_written, claim_step},
      {"ack", claimed,
       [](Scene& scene) { return scene.queue.store().ack(*scene.claim, nullptr).has_value(); }},
      {"ack with a receipt", adopted,
       [](Scene& scene) {
         return scene.queue.store().ack(*scene.claim, Json{{"status", "done"}}).has_value();
       }},
      {"defer", claimed,
       [](Scene& scene) {
         return scene.queue.store()
             .defer(*scene.claim, scene.queue.clock().wall_now(), attempt(scene, "retry"))
             .has_value();
       }},
      {"postpone", adopted,
       [](Scene& scene) {
         return scene.queue.store().postpone(*scene.claim, scene.queue.clock().wall_now()).has_value();
       }},
      {"dead letter", claimed,
       [](Scene& scene) {
         return scene.queue.store().dead_letter(*scene.claim, attempt(scene, "reject")).has_value();
       }},
      {"cancel", claimed,
       [](Scene& scene) {
         return scene.queue.store().cancel(*scene.claim, attempt(scene, "cancelled")).has_value();
       }},
      {"release", claimed,
       [](Scene& scene) { return scene.queue.store().release(*scene.claim).has_value(); }},
      {"make due", waiting,
       [](Scene& scene) { return scene.queue.store().make_due(*scene.deferred).has_value(); }},
      {"recover", crashed, [](Scene& scene) {
         return recover(scene.queue.files(), scene.queue.layout(), scene.queue.clock(), {}).has_value();
       }}};
  return transitions;
}

std::string marked(const std::string& mark) {
  return R"({"operation":"greet","sql":"SELECT 1","stdin":"mark )" + mark + ".\"}";
}

std::vector<std::string> places_of(const TempQueue& queue, const std::string& mark) {
  std::vector<std::string> places;
  for (const State state : all_states) {
    for (const std::string& name : queue.names(state)) {
      if (queue.read(state, name).find("mark " + mark + ".") == std::string::npos) continue;
      places.push_back(std::string(to_string(state)) + "/" + name);
    }
  }
  return places;
}

std::vector<std::string> broken_promises(const Scene& scene) {
  std::vector<std::string> broken;
  for (const std::string& line : scene.queue.audit()) {
    // What is no entry may lie in pending/ until it is condemned.
    if (line.ends_with("is not whole") && line.find("00000000000000000042") != std::string::npos) continue;
    broken.push_back(line);
  }
  for (const char* mark : {"one", "two", "three", "four"}) {
    const auto places = places_of(scene.queue, mark);
    const bool owed = std::find(scene.marks.begin(), scene.marks.end(), mark) != scene.marks.end();
    if (owed && places.empty()) broken.push_back(std::string(mark) + " is lost");
    if (places.size() > 1) broken.push_back(std::string(mark) + " is in " + places[0] + " and " + places[1]);
  }
  for (const std::string& name : scene.queue.names(State::corrupt)) {
    if (name.ends_with(".reason")) continue;
    const auto names = scene.queue.names(State::corrupt);
    if (std::find(names.begin(), names.end(), name + ".reason") == names.end()) {
      broken.push_back("corrupt/" + name + " has no reason");
    }
  }
  return broken;
}

}  // namespace spoold::test
