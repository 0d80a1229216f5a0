/*
 * A library with NVML's functions and two cards: what a test puts in libnvidia-ml.so.1's place.
 *
 *   cc -shared -fPIC -o libnvidia-ml.so.1 driver.c
 *
 * The first card is a new one, the second an old one that has no fields and whose one power is
 * that of the instant. What is not here, the driver does not have; nvmlDeviceGetDecoderUtilization
 * is here and not supported. The file that FAKE_NVML_CONTROL names is read at every call:
 *
 *   gone      everything is answered with NVML_ERROR_UNKNOWN
 *   lost      the second card is answered for with NVML_ERROR_GPU_IS_LOST
 *   busy      nvmlDeviceGetPerformanceState is answered with NVML_ERROR_IN_USE
 *   deaf      waiting for events is answered with NVML_ERROR_UNKNOWN
 *   hang      nvmlDeviceGetPowerUsage does not come back
 *   full      all of the first card's memory is in use
 *   hot       the first card's clocks are held down by heat
 *   xid N     the first card reports the error N, once
 *   mig       the first card is divided, with one part, in the second place
 *
 * Layouts and numbers are nvml.h's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SUCCESS = 0,
    UNINITIALIZED = 1,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    TIMEOUT = 10,
    GPU_IS_LOST = 15,
    IN_USE = 19,
    ARGUMENT_VERSION_MISMATCH = 25,
    UNKNOWN = 999,
};

typedef int nvmlReturn_t;
typedef struct device *nvmlDevice_t;

struct device {
    int index;
};

static struct device devices[2] = {{0}, {1}};
static struct device part = {2};
static int event_set;
static int initialised;
static int reported_xid;

static int is_told(const char *word, int *number)
{
    char line[64];
    const char *path = getenv("FAKE_NVML_CONTROL");
    FILE *file = path ? fopen(path, "r") : NULL;
    int found = 0;

    if (!file)
        return 0;
    while (!found && fgets(line, sizeof line, file)) {
        found = strncmp(line, word, strlen(word)) == 0;
        if (found && number)
            *number = atoi(line + strlen(word));
    }
    fclose(file);
    return found;
}

static nvmlReturn_t library(void)
{
    if (is_told("gone", NULL))
        return UNKNOWN;
    return initialised ? SUCCESS : UNINITIALIZED;
}

static nvmlReturn_t card(nvmlDevice_t device)
{
    nvmlReturn_t code = library();

    if (code != SUCCESS)
        return code;
    if (device != &devices[0] && device != &devices[1] && device != &part)
        return INVALID_ARGUMENT;
    return device->index == 1 && is_told("lost", NULL) ? GPU_IS_LOST : SUCCESS;
}

#define ASK_CARD(device)                    \
    do {                                    \
        nvmlReturn_t code = card(device);   \
        if (code != SUCCESS)                \
            return code;                    \
    } while (0)

static nvmlReturn_t text(char *buffer, unsigned length, const char *said)
{
    if (strlen(said) >= length)
        return INSUFFICIENT_SIZE;
    strcpy(buffer, said);
    return SUCCESS;
}

nvmlReturn_t nvmlInitWithFlags(unsigned flags)
{
    (void)flags;
    if (is_told("gone", NULL))
        return UNKNOWN;
    initialised = 1;
    return SUCCESS;
}

nvmlReturn_t nvmlShutdown(void)
{
    nvmlReturn_t code = library();

    initialised = 0;
    return code;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned length)
{
    nvmlReturn_t code = library();

    return code != SUCCESS ? code : text(version, length, "595.71.05");
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    *version = 13020;
    return library();
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = 2;
    return library();
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device)
{
    if (index > 1)
        return INVALID_ARGUMENT;
    *device = &devices[index];
    return card(*device);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned length)
{
    static const char *uuids[3] = {"GPU-fake-0", "GPU-fake-1", "MIG-fake"};

    ASK_CARD(device);
    return text(uuid, length, uuids[device->index]);
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned length)
{
    static const char *names[3] = {"Fake Ada", "Fake Turing", "Fake Ada MIG 1g.10gb"};

    ASK_CARD(device);
    return text(name, length, names[device->index]);
}

struct pci {
    char bus_id_legacy[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[32];
};

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, struct pci *pci)
{
    ASK_CARD(device);
    memset(pci, 0, sizeof *pci);
    pci->bus = device->index ? 0x41 : 0x01;
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", pci->bus);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device, unsigned *architecture)
{
    ASK_CARD(device);
    *architecture = device->index ? 6 : 8;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
    ASK_CARD(device);
    *major = device->index ? 7 : 8;
    *minor = device->index ? 5 : 9;
    return SUCCESS;
}

struct utilization {
    unsigned gpu, memory;
};

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, struct utilization *rates)
{
    ASK_CARD(device);
    rates->gpu = device->index ? 5 : 97;
    rates->memory = device->index ? 1 : 81;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetDecoderUtilization(nvmlDevice_t device, unsigned *used, unsigned *period)
{
    ASK_CARD(device);
    *used = *period = 0;
    return NOT_SUPPORTED;
}

#define MIB (1024ull * 1024ull)

struct memory {
    unsigned long long total, free, used;
};

struct memory_v2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, struct memory *memory)
{
    ASK_CARD(device);
    *memory = (struct memory){8192 * MIB, 7000 * MIB, 1192 * MIB};
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, struct memory_v2 *memory)
{
    ASK_CARD(device);
    if (device->index == 1 || memory->version != (sizeof *memory | 2u << 24))
        return ARGUMENT_VERSION_MISMATCH;
    memory->total = (device == &part ? 9984 : 16376) * MIB;
    memory->reserved = (device == &part ? 0 : 433) * MIB;
    memory->used = (device == &part ? 2314 : 9716) * MIB;
    if (device->index == 0 && is_told("full", NULL))
        memory->used = memory->total - memory->reserved;
    memory->free = memory->total - memory->reserved - memory->used;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned *current, unsigned *pending)
{
    ASK_CARD(device);
    *current = *pending = 1;
    return device->index == 0 && is_told("mig", NULL) ? SUCCESS : NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned *count)
{
    ASK_CARD(device);
    *count = 7;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index,
                                                 nvmlDevice_t *found)
{
    ASK_CARD(device);
    *found = &part;
    return index == 1 ? SUCCESS : NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned *id)
{
    ASK_CARD(device);
    *id = 9;
    return device == &part ? SUCCESS : NOT_SUPPORTED;
}

struct field {
    unsigned id, scope;
    long long timestamp, latency;
    int type;
    nvmlReturn_t code;
    union {
        double number;
        unsigned unsigned_int;
        unsigned long long unsigned_long_long;
    } value;
};

static void answer(struct field *field)
{
    field->code = SUCCESS;
    switch (field->id) {
    case 74: /* throttled by the power cap, in nanoseconds */
        field->type = 3;
        field->value.unsigned_long_long = 1500000000ull;
        break;
    case 82: /* temperature of the memory */
        field->type = 1;
        field->value.unsigned_int = 70;
        break;
    case 185: /* power, averaged, in milliwatts */
        field->type = 1;
        field->value.unsigned_int = 301400;
        break;
    case 186: /* power of the instant, as a double */
        field->type = 0;
        field->value.number = 322900.5;
        break;
    default:
        field->code = NOT_SUPPORTED;
    }
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, struct field *fields)
{
    ASK_CARD(device);
    if (device->index)
        return NOT_SUPPORTED;
    for (int i = 0; i < count; i++)
        answer(&fields[i]);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned *milliwatts)
{
    ASK_CARD(device);
    while (is_told("hang", NULL))
        sleep(3600);
    *milliwatts = 15420;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned *milliwatts)
{
    ASK_CARD(device);
    *milliwatts = device->index ? 120000 : 320000;
    return SUCCESS;
}

/* As if the card had always drawn 100 W; the old one has no counter. */
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *millijoules)
{
    struct timespec now;

    ASK_CARD(device);
    if (device->index)
        return NOT_SUPPORTED;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *millijoules = now.tv_sec * 100000ull + now.tv_nsec / 10000ull;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned *celsius)
{
    ASK_CARD(device);
    *celsius = device->index ? 44 : 64;
    return sensor == 0 ? SUCCESS : INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetTemperatureThreshold(nvmlDevice_t device, int kind, unsigned *celsius)
{
    ASK_CARD(device);
    *celsius = kind == 0 ? 101 : 96;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int domain, unsigned *megahertz)
{
    static const unsigned clocks[4] = {2805, 2790, 11251, 2145};

    ASK_CARD(device);
    *megahertz = clocks[domain];
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNumFans(nvmlDevice_t device, unsigned *count)
{
    ASK_CARD(device);
    *count = device->index ? 0 : 2;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetFanSpeed_v2(nvmlDevice_t device, unsigned fan, unsigned *percent)
{
    ASK_CARD(device);
    *percent = fan ? 41 : 38;
    return SUCCESS;
}

struct fan_speed {
    unsigned version, fan, speed;
};

nvmlReturn_t nvmlDeviceGetFanSpeedRPM(nvmlDevice_t device, struct fan_speed *speed)
{
    ASK_CARD(device);
    if (speed->version != (sizeof *speed | 1u << 24))
        return ARGUMENT_VERSION_MISMATCH;
    speed->speed = speed->fan ? 1405 : 1312;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPerformanceState(nvmlDevice_t device, unsigned *state)
{
    ASK_CARD(device);
    *state = device->index ? 32 : 2;
    return is_told("busy", NULL) ? IN_USE : SUCCESS;
}

/* By their older names only. */
nvmlReturn_t nvmlDeviceGetSupportedClocksThrottleReasons(nvmlDevice_t device, unsigned long long *mask)
{
    ASK_CARD(device);
    *mask = 0x1FF;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *mask)
{
    ASK_CARD(device);
    *mask = device->index ? 0x1 : is_told("hot", NULL) ? 0x44 : 0x4;
    return SUCCESS;
}

struct process {
    unsigned pid;
    unsigned long long memory;
    unsigned gpu_instance, compute_instance;
};

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned *count,
                                                     struct process *processes)
{
    unsigned room = *count;

    ASK_CARD(device);
    *count = device->index ? 0 : 2;
    if (*count == 0)
        return SUCCESS;
    if (room < *count || !processes)
        return INSUFFICIENT_SIZE;
    processes[0] = (struct process){4242, 9120 * MIB, -1u, -1u};
    processes[1] = (struct process){4243, -1ull, -1u, -1u}; /* not available */
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *types)
{
    ASK_CARD(device);
    *types = 0x1F;
    return SUCCESS;
}

nvmlReturn_t nvmlEventSetCreate(void **set)
{
    *set = &event_set;
    return library();
}

nvmlReturn_t nvmlEventSetFree(void *set)
{
    return set == &event_set ? library() : INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, void *set)
{
    ASK_CARD(device);
    return set == &event_set && types == 0x8 ? SUCCESS : INVALID_ARGUMENT;
}

struct event {
    nvmlDevice_t device;
    unsigned long long type, data;
    unsigned gpu_instance, compute_instance;
};

nvmlReturn_t nvmlEventSetWait_v2(void *set, struct event *event, unsigned milliseconds)
{
    int xid = 0;
    nvmlReturn_t code = library();

    if (code != SUCCESS || set != &event_set)
        return code != SUCCESS ? code : INVALID_ARGUMENT;
    if (is_told("deaf", NULL))
        return UNKNOWN;
    is_told("xid", &xid);
    if (xid == reported_xid) {
        usleep(milliseconds * 1000);
        return TIMEOUT;
    }
    reported_xid = xid;
    *event = (struct event){&devices[0], 0x8, xid, -1u, -1u};
    return xid ? SUCCESS : TIMEOUT;
}
