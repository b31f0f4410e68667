# Builds go through ccache and link with lld where these are installed; without them all works the same, slower.
find_program(SPOOLD_CCACHE ccache)
if(SPOOLD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SPOOLD_CCACHE})
endif()
find_program(SPOOLD_LLD ld.lld)
if(SPOOLD_LLD)
  add_link_options(-fuse-ld=lld)
endif()
