// Runs one job on one Verilated design: reset, frames in, frames out, and errors.
//
// One cycle: with the clock low the inputs of the cycle settle; handshakes are sampled; the rising edge is
// evaluated; the next cycle's inputs are chosen. Cycle 0 is the first one out of reset.
#include "harness.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "inside.h"
#include "job.h"
#include "streams.h"

namespace offramp {

constexpr std::uint64_t RESET_CYCLES = 16;
constexpr std::uint64_t CYCLE_TIME = 10000;  // ps: 100 MHz in waveforms
constexpr std::uint64_t LOOK_EVERY = 256;    // cycles between looks at progress and limits
constexpr std::uint64_t LEAST_DRAIN = 64;
constexpr std::uint64_t MOST_DRAIN = 10000;

class Bench {
  public:
    Bench(const Job& job, Model& model);

    void work(std::uint64_t cycles);
    void run();
    [[noreturn]] void end(const std::string& status);

    Inside inside;

  private:
    const Job& job_;
    Model& model_;
    Mapped stamps_, progress_;
    std::unique_ptr<Mapped> arrivals_;
    std::vector<std::unique_ptr<Mapped>> files_;
    std::vector<Source> sources_;
    std::vector<Sink> sinks_;
    std::uint64_t cycle_ = 0;
    std::uint64_t last_transfer_ = 0;
    std::uint64_t inside_transfers_ = 0;
    std::uint64_t drain_ = 0;  // cycles to go on behind the last expected beat
    std::chrono::steady_clock::time_point start_;

    void reset(std::uint64_t cycles);
    void half_cycle(bool clock, std::uint64_t time);
    bool step();
    void look();
    bool all_out() const;
    bool all_in() const;
    void drain();
    const std::uint8_t* input_data(const Port_job& port);
};

Bench* bench = nullptr;  // for the functions Verilator calls by name

Bench::Bench(const Job& job, Model& model)
    : inside{job}, job_{job}, model_{model}, stamps_{job.stamps, true}, progress_{job.progress, true} {
    auto* stamps = reinterpret_cast<std::uint64_t*>(stamps_.data());
    if (!job.arrivals.empty()) arrivals_ = std::make_unique<Mapped>(job.arrivals, false);
    const auto* arrivals = arrivals_ ? reinterpret_cast<const std::uint64_t*>(arrivals_->data()) : nullptr;
    const auto place = [&](const Port& port, bool write, const Port_job*& wanted) {
        wanted = &job.ports.at(port.name);
        files_.push_back(std::make_unique<Mapped>(wanted->file, write));
        std::uint64_t* const mine = stamps;
        stamps += 2 * job.frames;
        return std::make_pair(files_.back()->data() + wanted->offset, mine);
    };
    for (const Port& port : model.inputs) {
        const Port_job* wanted = nullptr;
        const auto [data, mine] = place(port, false, wanted);
        sources_.emplace_back(port, *wanted, job.frames, data, mine, arrivals);
    }
    for (const Port& port : model.outputs) {
        const Port_job* wanted = nullptr;
        const auto [data, mine] = place(port, true, wanted);
        sinks_.emplace_back(port, *wanted, job.frames, data, mine);
    }
    start_ = std::chrono::steady_clock::now();
}

void Bench::half_cycle(bool clock, std::uint64_t time) {
    *model_.clock = clock;
    model_.eval(time);
    if (!job_.trace.empty()) model_.dump();
}

void Bench::reset(std::uint64_t cycles) {
    for (Source& source : sources_) *source.port.valid = 0;
    for (Sink& sink : sinks_) *sink.port.ready = 0;
    for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
        *model_.reset_n = 0;
        half_cycle(false, cycle * CYCLE_TIME);
        half_cycle(true, cycle * CYCLE_TIME + CYCLE_TIME / 2);
    }
    *model_.reset_n = 1;
}

// One clock cycle; whether any stream moved.
bool Bench::step() {
    for (Source& source : sources_) source.drive(cycle_);
    for (Sink& sink : sinks_) sink.drive(cycle_);
    const std::uint64_t time = (RESET_CYCLES + cycle_) * CYCLE_TIME;
    half_cycle(false, time);
    bool moved = false;
    for (Source& source : sources_) moved |= source.sample(cycle_);
    for (Sink& sink : sinks_) {
        moved |= sink.sample(cycle_);
        if (sink.fault != Sink::Fault::none) {
            end((sink.fault == Sink::Fault::withdrawn ? "withdrawn " : "changed ") + sink.port.name);
        }
    }
    inside.cycle = cycle_;
    half_cycle(true, time + CYCLE_TIME / 2);
    ++cycle_;
    return moved;
}

bool Bench::all_out() const {
    const auto done = [](const Sink& s) { return s.beats.done == s.beats.total; };
    return std::all_of(sinks_.begin(), sinks_.end(), done) && inside.complete();
}

bool Bench::all_in() const {
    return std::all_of(sources_.begin(), sources_.end(),
                       [](const Source& s) { return s.beats.done == s.beats.total; });
}

void Bench::look() {
    if (static_cast<std::uint64_t>(getppid()) != job_.parent) _exit(3);  // nobody is left to read the result
    std::uint64_t frames = job_.frames;
    for (const Sink& sink : sinks_) frames = std::min(frames, sink.beats.frames());
    reinterpret_cast<volatile std::uint64_t*>(progress_.data())[0] = frames;
    if (inside.transfers != inside_transfers_) last_transfer_ = cycle_;
    inside_transfers_ = inside.transfers;
    const bool finished = all_out() && all_in();  // only draining: nothing has to move any more
    const auto early = [this](const Source& s) { return s.early(cycle_); };
    const auto held = [this](const Sink& s) { return s.held(cycle_); };
    // Neither a gap between frames nor an output that is held is a deadlock.
    if (std::any_of(sources_.begin(), sources_.end(), early) || std::any_of(sinks_.begin(), sinks_.end(), held)) {
        last_transfer_ = cycle_;
    }
    if (!finished && cycle_ - last_transfer_ >= job_.quiet) end("deadlock");
    if (job_.timeout != 0 && cycle_ >= job_.timeout) end("timeout");
}

// Leaves the design in the middle of its work.
void Bench::work(std::uint64_t cycles) {
    reset(RESET_CYCLES);
    while (cycle_ < cycles) {
        if (step()) last_transfer_ = cycle_;
        if (cycle_ % LOOK_EVERY == 0) look();
    }
}

void Bench::run() {
    // One cycle is all that a design gets which is at work: its registers must not need the words of it to run out.
    reset(job_.restart != 0 ? 1 : RESET_CYCLES);
    while (!all_out()) {
        if (step()) last_transfer_ = cycle_;
        if (cycle_ % LOOK_EVERY == 0) look();
    }
    drain();
    for (const Sink& sink : sinks_) {
        if (sink.extra != 0) end("extra " + sink.port.name);
    }
    end("ok");
}

// Goes on for about the latency of a frame: for beats too many, and for inputs nobody has taken. Then for recorded
// queues, while anything moves: a layer may drop the last beats of a frame, long after the last answer.
void Bench::drain() {
    const auto* stamps = reinterpret_cast<const std::uint64_t*>(stamps_.data());
    const std::uint64_t first_in = stamps[0];
    const std::uint64_t last_out = stamps[2 * job_.frames * sources_.size() + 1];
    const std::uint64_t until = cycle_ + std::clamp(last_out - first_in, LEAST_DRAIN, MOST_DRAIN);
    const std::uint64_t cycles = cycle_;
    while (cycle_ < until || !all_in() || (!inside.recorded() && cycle_ - last_transfer_ < MOST_DRAIN)) {
        if (step()) last_transfer_ = cycle_;
        if (cycle_ % LOOK_EVERY == 0) look();
    }
    drain_ = cycle_ - cycles;
}

void Bench::end(const std::string& status) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    std::fflush(nullptr);
    model_.close_trace();
    std::ofstream out{job_.result};
    out << "cycles " << cycle_ << "\ndrain " << drain_ << "\nseconds " << took.count() << '\n';
    for (const Source& source : sources_) out << "beats " << source.port.name << ' ' << source.beats.done << '\n';
    for (const Sink& sink : sinks_) out << "beats " << sink.port.name << ' ' << sink.beats.done << '\n';
    for (const Source& source : sources_) {
        if (source.waited) out << "waited " << source.port.name << '\n';
    }
    for (const Sink& sink : sinks_) {
        if (sink.waited) out << "waited " << sink.port.name << '\n';
    }
    for (const auto& [id, what] : inside.seen) out << "seen " << id << ' ' << what << '\n';
    for (const auto& [id, peak] : inside.peaks) out << "peak " << id << ' ' << peak << '\n';
    for (const auto& [id, probe] : inside.probes) out << "probed " << id << ' ' << probe->done << '\n';
    for (const auto& [id, words] : inside.passed) {
        out << "passed " << id << ' ' << words.pushed << ' ' << words.popped << '\n';
    }
    out << "status " << status << std::endl;  // last: a result without it is unfinished
    _exit(out ? 0 : 3);
}

}  // namespace offramp

using offramp::bench;

extern "C" {

void offramp_probe_word(int id, int index, unsigned word) { bench->inside.word(id, index, word); }
void offramp_pushed(int id) { bench->inside.pushed(id); }
void offramp_level(int id, int count) { bench->inside.level(id, count); }
int offramp_stall(int id, int side) { return bench->inside.stall(id, side); }
void offramp_seen(int id, int what) { bench->inside.see(id, what); }
unsigned offramp_late(int id) { return bench->inside.late(id); }
int offramp_give(int id) { return bench->inside.give(id); }
unsigned offramp_given_word(int id, int index) { return bench->inside.given_word(id, index); }

}  // extern "C"

// Verilator calls these; a failed assertion, $error, $fatal and $stop all end here. What they print comes before.
// Its only warnings are about files of $readmem, which would leave zeros where weights belong.
[[noreturn]] static void stop(const char* what, const char* file, int line) {
    const std::string status = std::string(what) + ' ' + std::to_string(line) + ' ' + (file ? file : "");
    if (bench) bench->end(status);
    std::fprintf(stderr, "%s\n", status.c_str());
    std::fflush(nullptr);
    _exit(3);
}

void vl_finish(const char* file, int line, const char*) { stop("finish", file, line); }
void vl_stop(const char* file, int line, const char*) { stop("stop", file, line); }
void vl_fatal(const char* file, int line, const char*, const char* message) {
    std::printf("%s\n", message);
    stop("stop", file, line);
}
void vl_warn(const char* file, int line, const char* hier, const char* message) {
    vl_fatal(file, line, hier, message);
}

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    try {
        const offramp::Job job = offramp::read_job(argv[1]);
        const auto model = offramp::make_model(argc - 1, const_cast<const char**>(argv + 1));
        if (!job.trace.empty()) model->open_trace(job.trace.c_str());
        if (job.restart != 0) {
            offramp::Bench before{job, *model};
            bench = &before;
            before.work(job.restart);
        }
        offramp::Bench the_bench{job, *model};
        bench = &the_bench;
        the_bench.run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 3;
    }
}
