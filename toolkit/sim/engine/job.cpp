// Reads a job: one setting per line, a name and its values; a file name is the rest of its line.
#include "job.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace offramp {

static std::string rest(std::istringstream& line) {
    std::string text;
    std::getline(line >> std::ws, text);
    return text;
}

static void read_port(std::istringstream& line, Job& job) {
    std::string name;
    Port_job port;
    line >> name >> port.beats >> port.offset >> port.enter >> port.stay >> port.seed >> port.hold;
    port.file = rest(line);
    job.ports[name] = port;
}

static void read_probe(std::istringstream& line, Job& job) {
    int id = 0;
    Probe_job probe;
    line >> id >> probe.beats >> probe.offset >> probe.words;
    probe.file = rest(line);
    job.probes[id] = probe;
}

static void read_given(std::istringstream& line, Job& job) {
    int id = 0;
    Given_job given;
    line >> id >> given.beats >> given.words;
    given.file = rest(line);
    job.given[id] = given;
}

static void read_marks(std::istringstream& line, Job& job) {
    int id = 0;
    Marks_job marks;
    line >> id >> marks.every >> marks.late;
    marks.file = rest(line);
    job.marks[id] = marks;
}

Job read_job(const char* file) {
    std::ifstream in{file};
    if (!in) throw std::runtime_error(std::string("no job file ") + file);
    Job job;
    const std::map<std::string, std::uint64_t*> numbers{
        {"parent", &job.parent}, {"frames", &job.frames}, {"quiet", &job.quiet}, {"timeout", &job.timeout},
        {"restart", &job.restart}};
    const std::map<std::string, std::string*> files{
        {"result", &job.result}, {"progress", &job.progress}, {"stamps", &job.stamps}, {"trace", &job.trace},
        {"arrivals", &job.arrivals}};
    for (std::string text; std::getline(in, text);) {
        std::istringstream line{text};
        std::string key;
        line >> key;
        if (const auto number = numbers.find(key); number != numbers.end()) {
            line >> *number->second;
        } else if (const auto name = files.find(key); name != files.end()) {
            *name->second = rest(line);
        } else if (key == "port") {
            read_port(line, job);
        } else if (key == "probe") {
            read_probe(line, job);
        } else if (key == "given") {
            read_given(line, job);
        } else if (key == "marks") {
            read_marks(line, job);
        } else if (key == "inside") {
            line >> job.inside_enter >> job.inside_stay >> job.inside_seed;
        } else {
            throw std::runtime_error("job file: unknown setting " + key);
        }
        if (line.fail()) throw std::runtime_error("job file: cannot read: " + text);
    }
    return job;
}

Mapped::Mapped(const std::string& file, bool write) {
    const int descriptor = open(file.c_str(), write ? O_RDWR : O_RDONLY);
    struct stat about {};
    if (descriptor < 0 || fstat(descriptor, &about) != 0) throw std::runtime_error("cannot open " + file);
    size_ = static_cast<std::uint64_t>(about.st_size);
    const int access = write ? PROT_READ | PROT_WRITE : PROT_READ;
    void* const address = mmap(nullptr, size_, access, MAP_SHARED, descriptor, 0);
    if (address == MAP_FAILED) throw std::runtime_error("cannot map " + file);
    data_ = static_cast<std::uint8_t*>(address);
    close(descriptor);  // the mapping stays
}

}  // namespace offramp
