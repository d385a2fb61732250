/*
 * The characteristics of device properties: formats with their scale, range and special values (GATT Specification
 * Supplement), then each characteristic's fields in their order.
 */
#include "pdu/characteristics.h"

static const struct bm_property_format s8_degree_celsius = {
	BM_PROPERTY_INT, 1, 1, 2, "degree Celsius", -128, 126, {{BM_PROPERTY_NOT_KNOWN, 127}}};
static const struct bm_property_format u8_hour = {BM_PROPERTY_UINT, 1, 1,   10,
						  "hour",           0, 240, {{BM_PROPERTY_NOT_KNOWN, 255}}};
static const struct bm_property_format u16_ampere = {BM_PROPERTY_UINT, 2, 1,     100,
						     "ampere",         0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format time_exponential = {BM_PROPERTY_TIME_EXPONENTIAL,
							   1,
							   1,
							   1,
							   "second",
							   0,
							   253,
							   {{BM_PROPERTY_LIFETIME, 254}, {BM_PROPERTY_NOT_KNOWN, 255}}};
static const struct bm_property_format u16_volt = {BM_PROPERTY_UINT, 2, 1,     64,
						   "volt",           0, 65408, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u16_candela = {BM_PROPERTY_UINT, 2, 1,     1,
						      "candela",        0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u8_number = {BM_PROPERTY_UINT,         1, 1, 10000, NULL, 0, 255,
						    {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format s8_number = {BM_PROPERTY_INT,          1, 1, 1, NULL, -128, 127,
						    {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_number = {BM_PROPERTY_UINT,         2, 1, 1, NULL, 0, 65535,
						     {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_number_country_code = {
	BM_PROPERTY_UINT, 2, 1, 1, NULL, 0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u24_day = {
	BM_PROPERTY_UINT, 3, 1, 1, "day", 1, 16777214, {{BM_PROPERTY_NOT_KNOWN, 0}}};
static const struct bm_property_format u24_kilowatt_hour = {
	BM_PROPERTY_UINT, 3, 1, 1, "kilowatt hour", 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u48_number = {BM_PROPERTY_UINT,         6, 1, 1, NULL, 0, 281474976710655,
						     {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format s16_degree_celsius = {
	BM_PROPERTY_INT, 2, 1, 100, "degree Celsius", -27315, 32767, {{BM_PROPERTY_NOT_KNOWN, -32768}}};
static const struct bm_property_format u16_number_number_of_events = {
	BM_PROPERTY_UINT, 2, 1, 1, NULL, 0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u16_second = {BM_PROPERTY_UINT, 2, 1,     1,
						     "second",         0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u24_watt = {BM_PROPERTY_UINT, 3, 1,        10,
						   "watt",           0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u24_hour = {BM_PROPERTY_UINT, 3, 1,        1,
						   "hour",           0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u16_number_x = {BM_PROPERTY_UINT,         2, 1, 65535, NULL, 0, 65535,
						       {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_kelvin = {BM_PROPERTY_UINT, 2, 1,     1,
						     "kelvin",         0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u16_lumen = {BM_PROPERTY_UINT, 2, 1,     1,
						    "lumen",          0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format s16_number = {BM_PROPERTY_INT,
						     2,
						     1,
						     100000,
						     NULL,
						     -5000,
						     5000,
						     {{BM_PROPERTY_NOT_VALID, 32766}, {BM_PROPERTY_NOT_KNOWN, 32767}}};
static const struct bm_property_format u8_percent = {BM_PROPERTY_UINT, 1, 1,   2,
						     "percent",        0, 200, {{BM_PROPERTY_NOT_KNOWN, 255}}};
static const struct bm_property_format u24_lux = {
	BM_PROPERTY_UINT, 3, 1, 100, "lux", 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u16_number_perceived_lightness = {
	BM_PROPERTY_UINT, 2, 1, 1, NULL, 0, 65535, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format float32 = {BM_PROPERTY_FLOAT, 4, 1, 1, NULL, 0, 0, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u24_second = {
	BM_PROPERTY_UINT, 3, 1, 1000, "second", 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u16_lumen_per_watt = {
	BM_PROPERTY_UINT, 2, 1, 10, "lumen per watt", 0, 65534, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u24_lumen_hour = {
	BM_PROPERTY_UINT, 3, 1000, 1, "lumen hour", 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u24_lux_hour = {
	BM_PROPERTY_UINT, 3, 1000, 1, "lux hour", 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format bool_number = {BM_PROPERTY_UINT, 1, 1, 1, NULL, 0, 1, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_number_minimum_generic_level = {
	BM_PROPERTY_UINT, 2, 1, 1, NULL, 0, 65535, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u24_number = {
	BM_PROPERTY_UINT, 3, 1, 1, NULL, 0, 16777214, {{BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u32_kilowatt_hour = {
	BM_PROPERTY_UINT, 4, 1,          1000,
	"kilowatt hour",  0, 4294967293, {{BM_PROPERTY_NOT_VALID, 4294967294}, {BM_PROPERTY_NOT_KNOWN, 4294967295}}};
static const struct bm_property_format s8_number_cosine_times_100 = {
	BM_PROPERTY_INT, 1, 1, 100, NULL, -100, 100, {{BM_PROPERTY_NOT_KNOWN, 127}}};
static const struct bm_property_format u16_percent = {BM_PROPERTY_UINT, 2, 1,     100,
						      "percent",        0, 10000, {{BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u16_ppm = {
	BM_PROPERTY_UINT, 2, 1, 1, "ppm", 0, 65533, {{BM_PROPERTY_OR_HIGHER, 65534}, {BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u16_ppb = {
	BM_PROPERTY_UINT, 2, 1, 1, "ppb", 0, 65533, {{BM_PROPERTY_OR_HIGHER, 65534}, {BM_PROPERTY_NOT_KNOWN, 65535}}};
static const struct bm_property_format u8_decibel = {
	BM_PROPERTY_UINT, 1, 1, 1, "decibel", 0, 253, {{BM_PROPERTY_OR_HIGHER, 254}, {BM_PROPERTY_NOT_KNOWN, 255}}};
static const struct bm_property_format u32_pascal = {BM_PROPERTY_UINT, 4, 1,          10,
						     "pascal",         0, 4294967295, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u32_kilovolt_ampere_hour = {
	BM_PROPERTY_UINT,
	4,
	1,
	1000,
	"kilovolt ampere hour",
	0,
	4294967293,
	{{BM_PROPERTY_NOT_VALID, 4294967294}, {BM_PROPERTY_NOT_KNOWN, 4294967295}}};
static const struct bm_property_format u24_volt_ampere = {
	BM_PROPERTY_UINT, 3, 1,        10,
	"volt ampere",    0, 16777213, {{BM_PROPERTY_NOT_VALID, 16777214}, {BM_PROPERTY_NOT_KNOWN, 16777215}}};
static const struct bm_property_format u16_degree = {BM_PROPERTY_UINT, 2, 1,     100,
						     "degree",         0, 35999, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_metre_per_second = {BM_PROPERTY_UINT,   2, 1,     100,
							       "metre per second", 0, 65535, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format s8_degree_celsius_temperature = {
	BM_PROPERTY_INT, 1, 1, 1, "degree Celsius", -128, 127, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u24_volt = {BM_PROPERTY_UINT, 3, 1,        64,
						   "volt",           0, 16777215, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_hertz = {BM_PROPERTY_UINT, 2, 1,     256,
						    "hertz",          0, 65535, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u8_number_gust_factor = {BM_PROPERTY_UINT,         1, 1, 10, NULL, 0, 255,
								{{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u8_number_light_distribution_type = {
	BM_PROPERTY_UINT, 1, 1, 1, NULL, 0, 255, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u32_second = {
	BM_PROPERTY_UINT, 4, 1, 1, "second", 0, 4294967294, {{BM_PROPERTY_NOT_KNOWN, 4294967295}}};
static const struct bm_property_format s16_degree_celsius_temperature = {
	BM_PROPERTY_INT, 2, 1, 2, "degree Celsius", -32768, 32767, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format s16_microtesla = {BM_PROPERTY_INT, 2,      1,     10,
							 "microtesla",    -32768, 32767, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u24_lumen = {BM_PROPERTY_UINT, 3, 1,        1,
						    "lumen",          0, 16777215, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u24_per_cubic_metre = {
	BM_PROPERTY_UINT, 3, 1, 1, "per cubic metre", 0, 16777215, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u16_metre = {BM_PROPERTY_UINT, 2, 1,     1000,
						    "metre",          0, 65535, {{BM_PROPERTY_NUMBER, 0}}};
static const struct bm_property_format u8_number_uv_index = {BM_PROPERTY_UINT,         1, 1, 1, NULL, 0, 255,
							     {{BM_PROPERTY_NUMBER, 0}}};

static const struct bm_property_field temperature_8_in_aperiod_of_day_fields[] = {
	{"temperature", &s8_degree_celsius}, {"start_time", &u8_hour}, {"end_time", &u8_hour}};
const struct bm_characteristic bm_characteristic_temperature_8_in_aperiod_of_day = {
	"Temperature8InAPeriodOfDay", 3, BM_ARRAY_LEN(temperature_8_in_aperiod_of_day_fields),
	temperature_8_in_aperiod_of_day_fields};
static const struct bm_property_field average_current_fields[] = {{"electric_current_value", &u16_ampere},
								  {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_average_current = {
	"AverageCurrent", 3, BM_ARRAY_LEN(average_current_fields), average_current_fields};
static const struct bm_property_field average_voltage_fields[] = {{"voltage_value", &u16_volt},
								  {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_average_voltage = {
	"AverageVoltage", 3, BM_ARRAY_LEN(average_voltage_fields), average_voltage_fields};
static const struct bm_property_field luminous_intensity_fields[] = {{"luminous_intensity", &u16_candela}};
const struct bm_characteristic bm_characteristic_luminous_intensity = {
	"LuminousIntensity", 2, BM_ARRAY_LEN(luminous_intensity_fields), luminous_intensity_fields};
static const struct bm_property_field chromaticity_tolerance_fields[] = {{"chromaticity_tolerance", &u8_number}};
const struct bm_characteristic bm_characteristic_chromaticity_tolerance = {
	"ChromaticityTolerance", 1, BM_ARRAY_LEN(chromaticity_tolerance_fields), chromaticity_tolerance_fields};
static const struct bm_property_field color_rendering_index_fields[] = {{"color_rendering_index", &s8_number}};
const struct bm_characteristic bm_characteristic_color_rendering_index = {
	"ColorRenderingIndex", 1, BM_ARRAY_LEN(color_rendering_index_fields), color_rendering_index_fields};
static const struct bm_property_field appearance_fields[] = {{"appearance", &u16_number}};
const struct bm_characteristic bm_characteristic_appearance = {"Appearance", 2, BM_ARRAY_LEN(appearance_fields),
							       appearance_fields};
static const struct bm_property_field country_code_fields[] = {{"country_code", &u16_number_country_code}};
const struct bm_characteristic bm_characteristic_country_code = {"CountryCode", 2, BM_ARRAY_LEN(country_code_fields),
								 country_code_fields};
static const struct bm_property_field date_utc_fields[] = {{"days_since_1970_01_01", &u24_day}};
const struct bm_characteristic bm_characteristic_date_utc = {"DateUTC", 3, BM_ARRAY_LEN(date_utc_fields),
							     date_utc_fields};
static const struct bm_property_field energy_fields[] = {{"energy", &u24_kilowatt_hour}};
const struct bm_characteristic bm_characteristic_energy = {"Energy", 3, BM_ARRAY_LEN(energy_fields), energy_fields};
const struct bm_characteristic bm_characteristic_fixed_string_8 = {"Fixed String 8", 8, 0, NULL};
static const struct bm_property_field global_trade_item_number_fields[] = {{"gtin", &u48_number}};
const struct bm_characteristic bm_characteristic_global_trade_item_number = {
	"GlobalTradeItemNumber", 6, BM_ARRAY_LEN(global_trade_item_number_fields), global_trade_item_number_fields};
const struct bm_characteristic bm_characteristic_fixed_string_16 = {"Fixed String 16", 16, 0, NULL};
const struct bm_characteristic bm_characteristic_fixed_string_36 = {"Fixed String 36", 36, 0, NULL};
const struct bm_characteristic bm_characteristic_fixed_string_24 = {"Fixed String 24", 24, 0, NULL};
static const struct bm_property_field temperature_range_fields[] = {{"minimum_temperature", &s16_degree_celsius},
								    {"maximum_temperature", &s16_degree_celsius}};
const struct bm_characteristic bm_characteristic_temperature_range = {
	"TemperatureRange", 4, BM_ARRAY_LEN(temperature_range_fields), temperature_range_fields};
static const struct bm_property_field temperature_statistics_fields[] = {{"average", &s16_degree_celsius},
									 {"standard_deviation", &s16_degree_celsius},
									 {"minimum", &s16_degree_celsius},
									 {"maximum", &s16_degree_celsius},
									 {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_temperature_statistics = {
	"TemperatureStatistics", 9, BM_ARRAY_LEN(temperature_statistics_fields), temperature_statistics_fields};
static const struct bm_property_field event_statistics_fields[] = {{"number_of_events", &u16_number_number_of_events},
								   {"average_event_duration", &u16_second},
								   {"time_elapsed_since_last_event", &time_exponential},
								   {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_event_statistics = {
	"EventStatistics", 6, BM_ARRAY_LEN(event_statistics_fields), event_statistics_fields};
static const struct bm_property_field power_specification_fields[] = {
	{"minimum", &u24_watt}, {"typical", &u24_watt}, {"maximum", &u24_watt}};
const struct bm_characteristic bm_characteristic_power_specification = {
	"PowerSpecification", 9, BM_ARRAY_LEN(power_specification_fields), power_specification_fields};
static const struct bm_property_field time_hour_24_fields[] = {{"time", &u24_hour}};
const struct bm_characteristic bm_characteristic_time_hour_24 = {"TimeHour24", 3, BM_ARRAY_LEN(time_hour_24_fields),
								 time_hour_24_fields};
static const struct bm_property_field temperature_8_statistics_fields[] = {{"average", &s8_degree_celsius},
									   {"standard_deviation", &s8_degree_celsius},
									   {"minimum", &s8_degree_celsius},
									   {"maximum", &s8_degree_celsius},
									   {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_temperature_8_statistics = {
	"Temperature8Statistics", 5, BM_ARRAY_LEN(temperature_8_statistics_fields), temperature_8_statistics_fields};
static const struct bm_property_field chromaticity_coordinates_fields[] = {{"x", &u16_number_x}, {"y", &u16_number_x}};
const struct bm_characteristic bm_characteristic_chromaticity_coordinates = {
	"ChromaticityCoordinates", 4, BM_ARRAY_LEN(chromaticity_coordinates_fields), chromaticity_coordinates_fields};
static const struct bm_property_field correlated_color_temperature_fields[] = {
	{"correlated_color_temperature", &u16_kelvin}};
const struct bm_characteristic bm_characteristic_correlated_color_temperature = {
	"CorrelatedColorTemperature", 2, BM_ARRAY_LEN(correlated_color_temperature_fields),
	correlated_color_temperature_fields};
static const struct bm_property_field luminous_flux_fields[] = {{"luminous_flux", &u16_lumen}};
const struct bm_characteristic bm_characteristic_luminous_flux = {"LuminousFlux", 2, BM_ARRAY_LEN(luminous_flux_fields),
								  luminous_flux_fields};
static const struct bm_property_field chromatic_distance_from_planckian_fields[] = {
	{"distance_from_planckian", &s16_number}};
const struct bm_characteristic bm_characteristic_chromatic_distance_from_planckian = {
	"ChromaticDistanceFromPlanckian", 2, BM_ARRAY_LEN(chromatic_distance_from_planckian_fields),
	chromatic_distance_from_planckian_fields};
static const struct bm_property_field electric_current_specification_fields[] = {
	{"minimum", &u16_ampere}, {"typical", &u16_ampere}, {"maximum", &u16_ampere}};
const struct bm_characteristic bm_characteristic_electric_current_specification = {
	"ElectricCurrentSpecification", 6, BM_ARRAY_LEN(electric_current_specification_fields),
	electric_current_specification_fields};
static const struct bm_property_field electric_current_statistics_fields[] = {{"average", &u16_ampere},
									      {"standard_deviation", &u16_ampere},
									      {"minimum", &u16_ampere},
									      {"maximum", &u16_ampere},
									      {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_electric_current_statistics = {
	"ElectricCurrentStatistics", 9, BM_ARRAY_LEN(electric_current_statistics_fields),
	electric_current_statistics_fields};
static const struct bm_property_field voltage_range_fields[] = {
	{"minimum", &u16_volt}, {"typical", &u16_volt}, {"maximum", &u16_volt}};
const struct bm_characteristic bm_characteristic_voltage_range = {"VoltageRange", 6, BM_ARRAY_LEN(voltage_range_fields),
								  voltage_range_fields};
static const struct bm_property_field percentage_8_fields[] = {{"percentage", &u8_percent}};
const struct bm_characteristic bm_characteristic_percentage_8 = {"Percentage8", 1, BM_ARRAY_LEN(percentage_8_fields),
								 percentage_8_fields};
static const struct bm_property_field voltage_statistics_fields[] = {{"average", &u16_volt},
								     {"standard_deviation", &u16_volt},
								     {"minimum", &u16_volt},
								     {"maximum", &u16_volt},
								     {"sensing_duration", &time_exponential}};
const struct bm_characteristic bm_characteristic_voltage_statistics = {
	"VoltageStatistics", 9, BM_ARRAY_LEN(voltage_statistics_fields), voltage_statistics_fields};
static const struct bm_property_field illuminance_fields[] = {{"illuminance", &u24_lux}};
const struct bm_characteristic bm_characteristic_illuminance = {"Illuminance", 3, BM_ARRAY_LEN(illuminance_fields),
								illuminance_fields};
static const struct bm_property_field perceived_lightness_fields[] = {
	{"perceived_lightness", &u16_number_perceived_lightness}};
const struct bm_characteristic bm_characteristic_perceived_lightness = {
	"PerceivedLightness", 2, BM_ARRAY_LEN(perceived_lightness_fields), perceived_lightness_fields};
static const struct bm_property_field coefficient_fields[] = {{"coefficient", &float32}};
const struct bm_characteristic bm_characteristic_coefficient = {"Coefficient", 4, BM_ARRAY_LEN(coefficient_fields),
								coefficient_fields};
static const struct bm_property_field time_millisecond_24_fields[] = {{"time", &u24_second}};
const struct bm_characteristic bm_characteristic_time_millisecond_24 = {
	"TimeMillisecond24", 3, BM_ARRAY_LEN(time_millisecond_24_fields), time_millisecond_24_fields};
static const struct bm_property_field luminous_efficacy_fields[] = {{"luminous_efficacy", &u16_lumen_per_watt}};
const struct bm_characteristic bm_characteristic_luminous_efficacy = {
	"LuminousEfficacy", 2, BM_ARRAY_LEN(luminous_efficacy_fields), luminous_efficacy_fields};
static const struct bm_property_field luminous_energy_fields[] = {{"luminous_energy", &u24_lumen_hour}};
const struct bm_characteristic bm_characteristic_luminous_energy = {
	"LuminousEnergy", 3, BM_ARRAY_LEN(luminous_energy_fields), luminous_energy_fields};
static const struct bm_property_field luminous_exposure_fields[] = {{"luminous_exposure", &u24_lux_hour}};
const struct bm_characteristic bm_characteristic_luminous_exposure = {
	"LuminousExposure", 3, BM_ARRAY_LEN(luminous_exposure_fields), luminous_exposure_fields};
static const struct bm_property_field luminous_flux_range_fields[] = {{"minimum", &u16_lumen}, {"maximum", &u16_lumen}};
const struct bm_characteristic bm_characteristic_luminous_flux_range = {
	"LuminousFluxRange", 4, BM_ARRAY_LEN(luminous_flux_range_fields), luminous_flux_range_fields};
static const struct bm_property_field electric_current_range_fields[] = {{"minimum", &u16_ampere},
									 {"maximum", &u16_ampere}};
const struct bm_characteristic bm_characteristic_electric_current_range = {
	"ElectricCurrentRange", 4, BM_ARRAY_LEN(electric_current_range_fields), electric_current_range_fields};
static const struct bm_property_field count_16_fields[] = {{"count", &u16_number_number_of_events}};
const struct bm_characteristic bm_characteristic_count_16 = {"Count16", 2, BM_ARRAY_LEN(count_16_fields),
							     count_16_fields};
static const struct bm_property_field boolean_fields[] = {{"presence", &bool_number}};
const struct bm_characteristic bm_characteristic_boolean = {"Boolean", 1, BM_ARRAY_LEN(boolean_fields), boolean_fields};
static const struct bm_property_field temperature_8_fields[] = {{"temperature", &s8_degree_celsius}};
const struct bm_characteristic bm_characteristic_temperature_8 = {"Temperature8", 1, BM_ARRAY_LEN(temperature_8_fields),
								  temperature_8_fields};
static const struct bm_property_field power_fields[] = {{"power", &u24_watt}};
const struct bm_characteristic bm_characteristic_power = {"Power", 3, BM_ARRAY_LEN(power_fields), power_fields};
static const struct bm_property_field temperature_fields[] = {{"temperature", &s16_degree_celsius}};
const struct bm_characteristic bm_characteristic_temperature = {"Temperature", 2, BM_ARRAY_LEN(temperature_fields),
								temperature_fields};
static const struct bm_property_field electric_current_fields[] = {{"electric_current", &u16_ampere}};
const struct bm_characteristic bm_characteristic_electric_current = {
	"ElectricCurrent", 2, BM_ARRAY_LEN(electric_current_fields), electric_current_fields};
static const struct bm_property_field voltage_fields[] = {{"voltage", &u16_volt}};
const struct bm_characteristic bm_characteristic_voltage = {"Voltage", 2, BM_ARRAY_LEN(voltage_fields), voltage_fields};
static const struct bm_property_field energy_in_aperiod_of_day_fields[] = {
	{"energy_value", &u24_kilowatt_hour}, {"start_time", &u8_hour}, {"end_time", &u8_hour}};
const struct bm_characteristic bm_characteristic_energy_in_aperiod_of_day = {
	"EnergyInAPeriodOfDay", 5, BM_ARRAY_LEN(energy_in_aperiod_of_day_fields), energy_in_aperiod_of_day_fields};
static const struct bm_property_field relative_runtime_in_ageneric_level_range_fields[] = {
	{"relative_value", &u8_percent},
	{"minimum_generic_level", &u16_number_minimum_generic_level},
	{"maximum_generic_level", &u16_number_minimum_generic_level}};
const struct bm_characteristic bm_characteristic_relative_runtime_in_ageneric_level_range = {
	"RelativeRuntimeInAGenericLevelRange", 5, BM_ARRAY_LEN(relative_runtime_in_ageneric_level_range_fields),
	relative_runtime_in_ageneric_level_range_fields};
static const struct bm_property_field relative_value_in_an_illuminance_range_fields[] = {
	{"relative_value", &u8_percent}, {"minimum", &u24_lux}, {"maximum", &u24_lux}};
const struct bm_characteristic bm_characteristic_relative_value_in_an_illuminance_range = {
	"RelativeValueInAnIlluminanceRange", 7, BM_ARRAY_LEN(relative_value_in_an_illuminance_range_fields),
	relative_value_in_an_illuminance_range_fields};
static const struct bm_property_field relative_value_in_atemperature_range_fields[] = {
	{"relative_value", &u8_percent}, {"minimum", &s16_degree_celsius}, {"maximum", &s16_degree_celsius}};
const struct bm_characteristic bm_characteristic_relative_value_in_atemperature_range = {
	"RelativeValueInATemperatureRange", 5, BM_ARRAY_LEN(relative_value_in_atemperature_range_fields),
	relative_value_in_atemperature_range_fields};
static const struct bm_property_field relative_value_in_acurrent_range_fields[] = {
	{"relative_value", &u8_percent}, {"minimum", &u16_ampere}, {"maximum", &u16_ampere}};
const struct bm_characteristic bm_characteristic_relative_value_in_acurrent_range = {
	"RelativeValueInACurrentRange", 5, BM_ARRAY_LEN(relative_value_in_acurrent_range_fields),
	relative_value_in_acurrent_range_fields};
static const struct bm_property_field relative_value_in_avoltage_range_fields[] = {
	{"relative_value", &u8_percent}, {"minimum", &u16_volt}, {"maximum", &u16_volt}};
const struct bm_characteristic bm_characteristic_relative_value_in_avoltage_range = {
	"RelativeValueInAVoltageRange", 5, BM_ARRAY_LEN(relative_value_in_avoltage_range_fields),
	relative_value_in_avoltage_range_fields};
static const struct bm_property_field time_second_16_fields[] = {{"time", &u16_second}};
const struct bm_characteristic bm_characteristic_time_second_16 = {
	"TimeSecond16", 2, BM_ARRAY_LEN(time_second_16_fields), time_second_16_fields};
static const struct bm_property_field count_24_fields[] = {{"count", &u24_number}};
const struct bm_characteristic bm_characteristic_count_24 = {"Count24", 3, BM_ARRAY_LEN(count_24_fields),
							     count_24_fields};
static const struct bm_property_field precise_energy_fields[] = {{"energy", &u32_kilowatt_hour}};
const struct bm_characteristic bm_characteristic_precise_energy = {
	"PreciseEnergy", 4, BM_ARRAY_LEN(precise_energy_fields), precise_energy_fields};
static const struct bm_property_field cosine_of_the_angle_fields[] = {
	{"cosine_times_100", &s8_number_cosine_times_100}};
const struct bm_characteristic bm_characteristic_cosine_of_the_angle = {
	"CosineOfTheAngle", 1, BM_ARRAY_LEN(cosine_of_the_angle_fields), cosine_of_the_angle_fields};
static const struct bm_property_field humidity_fields[] = {{"humidity", &u16_percent}};
const struct bm_characteristic bm_characteristic_humidity = {"Humidity", 2, BM_ARRAY_LEN(humidity_fields),
							     humidity_fields};
static const struct bm_property_field co_2_concentration_fields[] = {{"co2_concentration", &u16_ppm}};
const struct bm_characteristic bm_characteristic_co_2_concentration = {
	"CO2Concentration", 2, BM_ARRAY_LEN(co_2_concentration_fields), co_2_concentration_fields};
static const struct bm_property_field non_methane_voc_concentration_fields[] = {{"voc_concentration", &u16_ppb}};
const struct bm_characteristic bm_characteristic_non_methane_voc_concentration = {
	"NonMethaneVOCConcentration", 2, BM_ARRAY_LEN(non_methane_voc_concentration_fields),
	non_methane_voc_concentration_fields};
static const struct bm_property_field noise_fields[] = {{"noise", &u8_decibel}};
const struct bm_characteristic bm_characteristic_noise = {"Noise", 1, BM_ARRAY_LEN(noise_fields), noise_fields};
static const struct bm_property_field energy_32_fields[] = {{"energy", &u32_kilowatt_hour}};
const struct bm_characteristic bm_characteristic_energy_32 = {"Energy32", 4, BM_ARRAY_LEN(energy_32_fields),
							      energy_32_fields};
static const struct bm_property_field pressure_fields[] = {{"pressure", &u32_pascal}};
const struct bm_characteristic bm_characteristic_pressure = {"Pressure", 4, BM_ARRAY_LEN(pressure_fields),
							     pressure_fields};
static const struct bm_property_field apparent_energy_32_fields[] = {{"apparent_energy", &u32_kilovolt_ampere_hour}};
const struct bm_characteristic bm_characteristic_apparent_energy_32 = {
	"ApparentEnergy32", 4, BM_ARRAY_LEN(apparent_energy_32_fields), apparent_energy_32_fields};
static const struct bm_property_field apparent_power_fields[] = {{"apparent_power", &u24_volt_ampere}};
const struct bm_characteristic bm_characteristic_apparent_power = {
	"ApparentPower", 3, BM_ARRAY_LEN(apparent_power_fields), apparent_power_fields};
static const struct bm_property_field apparent_wind_direction_fields[] = {{"direction", &u16_degree}};
const struct bm_characteristic bm_characteristic_apparent_wind_direction = {
	"ApparentWindDirection", 2, BM_ARRAY_LEN(apparent_wind_direction_fields), apparent_wind_direction_fields};
static const struct bm_property_field wind_speed_fields[] = {{"speed", &u16_metre_per_second}};
const struct bm_characteristic bm_characteristic_wind_speed = {"WindSpeed", 2, BM_ARRAY_LEN(wind_speed_fields),
							       wind_speed_fields};
static const struct bm_property_field temperature_8_wide_fields[] = {{"temperature", &s8_degree_celsius_temperature}};
const struct bm_characteristic bm_characteristic_temperature_8_wide = {
	"Temperature8Wide", 1, BM_ARRAY_LEN(temperature_8_wide_fields), temperature_8_wide_fields};
static const struct bm_property_field high_voltage_fields[] = {{"high_voltage", &u24_volt}};
const struct bm_characteristic bm_characteristic_high_voltage = {"HighVoltage", 3, BM_ARRAY_LEN(high_voltage_fields),
								 high_voltage_fields};
static const struct bm_property_field voltage_frequency_fields[] = {{"voltage_frequency", &u16_hertz}};
const struct bm_characteristic bm_characteristic_voltage_frequency = {
	"VoltageFrequency", 2, BM_ARRAY_LEN(voltage_frequency_fields), voltage_frequency_fields};
static const struct bm_property_field gust_factor_fields[] = {{"gust_factor", &u8_number_gust_factor}};
const struct bm_characteristic bm_characteristic_gust_factor = {"GustFactor", 1, BM_ARRAY_LEN(gust_factor_fields),
								gust_factor_fields};
static const struct bm_property_field light_distribution_fields[] = {
	{"light_distribution_type", &u8_number_light_distribution_type}};
const struct bm_characteristic bm_characteristic_light_distribution = {
	"LightDistribution", 1, BM_ARRAY_LEN(light_distribution_fields), light_distribution_fields};
static const struct bm_property_field time_second_32_fields[] = {{"time", &u32_second}};
const struct bm_characteristic bm_characteristic_time_second_32 = {
	"TimeSecond32", 4, BM_ARRAY_LEN(time_second_32_fields), time_second_32_fields};
static const struct bm_property_field high_temperature_fields[] = {{"temperature", &s16_degree_celsius_temperature}};
const struct bm_characteristic bm_characteristic_high_temperature = {
	"HighTemperature", 2, BM_ARRAY_LEN(high_temperature_fields), high_temperature_fields};
static const struct bm_property_field magnetic_flux_density_2_d_fields[] = {{"x", &s16_microtesla},
									    {"y", &s16_microtesla}};
const struct bm_characteristic bm_characteristic_magnetic_flux_density_2_d = {
	"MagneticFluxDensity2D", 4, BM_ARRAY_LEN(magnetic_flux_density_2_d_fields), magnetic_flux_density_2_d_fields};
static const struct bm_property_field magnetic_flux_density_3_d_fields[] = {
	{"x", &s16_microtesla}, {"y", &s16_microtesla}, {"z", &s16_microtesla}};
const struct bm_characteristic bm_characteristic_magnetic_flux_density_3_d = {
	"MagneticFluxDensity3D", 6, BM_ARRAY_LEN(magnetic_flux_density_3_d_fields), magnetic_flux_density_3_d_fields};
static const struct bm_property_field light_output_fields[] = {{"light_output", &u24_lumen}};
const struct bm_characteristic bm_characteristic_light_output = {"LightOutput", 3, BM_ARRAY_LEN(light_output_fields),
								 light_output_fields};
static const struct bm_property_field pollen_concentration_fields[] = {{"pollen", &u24_per_cubic_metre}};
const struct bm_characteristic bm_characteristic_pollen_concentration = {
	"PollenConcentration", 3, BM_ARRAY_LEN(pollen_concentration_fields), pollen_concentration_fields};
static const struct bm_property_field rainfall_fields[] = {{"rainfall", &u16_metre}};
const struct bm_characteristic bm_characteristic_rainfall = {"Rainfall", 2, BM_ARRAY_LEN(rainfall_fields),
							     rainfall_fields};
static const struct bm_property_field uv_index_fields[] = {{"uv_index", &u8_number_uv_index}};
const struct bm_characteristic bm_characteristic_uv_index = {"UVIndex", 1, BM_ARRAY_LEN(uv_index_fields),
							     uv_index_fields};
static const struct bm_property_field light_source_type_fields[] = {
	{"light_source_type", &u8_number_light_distribution_type}};
const struct bm_characteristic bm_characteristic_light_source_type = {
	"LightSourceType", 1, BM_ARRAY_LEN(light_source_type_fields), light_source_type_fields};
const struct bm_characteristic bm_characteristic_fixed_string_64 = {"Fixed String 64", 64, 0, NULL};
