namespace spoold {}
