#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "event/event_bus.hpp"
#include "os/clock.hpp"
#include "os/file_system.hpp"
#include "store/directory_store.hpp"

namespace spoold {

// What every part of the worker stands on; all of it outlives the worker.
struct WorkerContext {
  boost::asio::any_io_executor loop;  // one thread: decisions, timers, the watch, events
  boost::asio::any_io_executor
      store_thread;  // one thread: every call on `store`, `files`, in the order they are asked for
  FileSystem& files;
  const QueueLayout& layout;
  DirectoryStore& store;
  const Clock& clock;
  const EventBus& events;
};

}  // namespace spoold
