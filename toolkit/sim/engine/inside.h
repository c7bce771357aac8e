// The DPI functions that queues between layers call to report words and levels, to be stalled, and, in a design
// that is cut at its queues, to be given the words they show (toolkit/sim/rtl).
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
    void see(int id, int what) { seen[id] |= what; }
    bool stall(int id, int side);
    std::uint32_t late(int id) const;  // cycles after which a queue takes a word that it is shown
    bool give(int id);  // whether a queue has a word to show from the next cycle on
    std::uint32_t given_word(int id, int index) const;
    bool recorded() const;  // all beats of all frames have passed every recorded queue
    bool complete() const;  // all that is given is taken, and all that is recorded has come

    std::uint64_t cycle = 0;
    std::uint64_t transfers = 0;  // so far, at all FIFOs: a sign of life
    std::map<int, int> peaks;
    std::map<int, int> seen;  // see offramp_fifo_observer.sv

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
        std::uint64_t every = 0;  // words between marks, 0: none
        std::uint32_t late = 0;
        std::unique_ptr<Mapped> marks;
    };
    std::map<int, std::unique_ptr<Probe>> probes;

  private:
    struct Given {
        explicit Given(const Given_job& job);
        Mapped file;
        const std::uint32_t* next;
        const std::uint32_t per_beat;
        std::uint64_t left;
    };
    std::vector<Probe*> by_id_;  // null: not recorded
    std::map<int, std::unique_ptr<Given>> given_;
    std::vector<std::unique_ptr<Stall>> stalls_;  // two per id
    const std::uint32_t enter_, stay_;
    const std::uint64_t seed_;
};

}  // namespace offramp
