// The DPI functions that queues between layers call to report words and levels and to be stalled
// (toolkit/sim/rtl).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "job.h"
#include "streams.h"

namespace offramp {

class Inside {
  public:
    explicit Inside(const Job& job);

    void word(int id, int index, std::uint32_t word);
    void pushed(int id) { ++passed[id].pushed; }
    void level(int id, int count);
    bool stall(int id, int side);

    std::uint64_t transfers = 0;  // so far, at all FIFOs: a sign of life
    std::map<int, int> peaks;

    struct Passed {
        std::uint64_t pushed = 0, popped = 0;  // words
    };
    std::map<int, Passed> passed;  // at every FIFO

    struct Probe {
        Probe(const Probe_job& job, std::uint64_t frames);
        Mapped file;
        std::uint32_t* const words;
        const std::uint64_t total;  // beats
        const std::uint32_t per_beat;
        std::uint64_t done = 0;
    };
    std::map<int, std::unique_ptr<Probe>> probes;

  private:
    std::vector<Probe*> by_id_;  // null: not recorded
    std::vector<std::unique_ptr<Stall>> stalls_;  // two per id
    const std::uint32_t enter_, stay_;
    const std::uint64_t seed_;
};

}  // namespace offramp
