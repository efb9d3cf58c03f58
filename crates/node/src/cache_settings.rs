//! The cache's options, and the store that they ask for.

use std::sync::Arc;

use cache::{Bounds, Disk, DiskOptions, Durability, Memory, Store, redis};
use host::{BadOption, size};
use napi_derive::napi;

use crate::{cache::LifeSettings, job::Failure, soon::RUNTIME};

#[napi(object, object_to_js = false)]
pub struct CacheSettings {
    pub store: Option<String>,
    /// Memory of this name is shared by all threads of the process.
    pub name: Option<String>,
    pub path: Option<String>,
    pub max_bytes: Option<String>,
    pub max_tags: Option<f64>,
    pub lease: Option<f64>,
    pub durability: Option<String>,
    pub redis: Option<RedisSettings>,
    pub profiles: Option<Vec<NamedProfile>>,
}

/// Times in milliseconds.
#[napi(object, object_to_js = false)]
pub struct RedisSettings {
    pub urls: Vec<String>,
    pub cluster: Option<bool>,
    pub ca: Option<String>,
    pub prefix: Option<String>,
    pub when_away: Option<String>,
    pub after_restart: Option<String>,
    pub connect_timeout: Option<f64>,
    pub command_timeout: Option<f64>,
    pub max_silence: Option<f64>,
    pub max_value_bytes: Option<String>,
}

#[napi(object, object_to_js = false)]
pub struct NamedProfile {
    pub name: String,
    pub life: LifeSettings,
}

/// The store, and what an operator should know about how it was found.
pub(crate) fn open(settings: CacheSettings) -> Result<(Arc<dyn Store>, Option<String>), Failure> {
    let bounds = bounds_of(settings.max_bytes.as_deref(), settings.max_tags, settings.lease)?;
    Ok(match settings.store.as_deref().unwrap_or("memory") {
        "disk" => {
            let folder = settings.path.as_deref().unwrap_or("");
            let durability = durability_of(settings.durability.as_deref())?;
            let options = DiskOptions { bounds, durability, ..DiskOptions::new(folder) };
            let disk = Disk::open(&options)?;
            let notice = disk.notice().map(ToString::to_string);
            (Arc::new(disk), notice)
        }
        "memory" => match settings.name {
            Some(name) => (Memory::named(&name, &bounds), None),
            None => (Arc::new(Memory::new(&bounds)), None),
        },
        "redis" => {
            let options = redis_options(settings.redis, bounds, settings.max_bytes.is_none())?;
            let redis = redis::Redis::open(options, RUNTIME.handle())
                .map_err(|error| Failure::new(error.code(), error))?;
            (Arc::new(redis), None)
        }
        other => {
            return Err(BadOption {
                option: "cache.store",
                problem: format!("{other:?} is none of memory, disk, redis"),
            }
            .into());
        }
    })
}

fn bounds_of(
    max_bytes: Option<&str>,
    max_tags: Option<f64>,
    lease: Option<f64>,
) -> Result<Bounds, Failure> {
    let mut bounds = Bounds::default();
    if let Some(bytes) = max_bytes {
        bounds.max_bytes = size::parse("cache.maxBytes", bytes)?;
    }
    if let Some(tags) = max_tags {
        bounds.max_tags = size::count("cache.maxTags", tags)? as usize;
    }
    if let Some(lease) = size::seconds("cache.lease", lease)? {
        bounds.lease = lease;
    }
    Ok(bounds)
}

fn redis_options(
    settings: Option<RedisSettings>,
    mut bounds: Bounds,
    is_usual: bool,
) -> Result<redis::Options, Failure> {
    let missing =
        || BadOption { option: "cache.url", problem: "is missing: redis://…".to_owned() };
    let it = settings.ok_or_else(missing)?;
    let mut options = redis::Options::at("");
    if is_usual {
        bounds.max_bytes = options.bounds.max_bytes;
    }
    options.bounds = bounds;
    options.urls = it.urls;
    options.cluster = it.cluster.unwrap_or(false);
    options.ca = it.ca.map(String::into_bytes);
    options.prefix = it.prefix.unwrap_or(options.prefix);
    let unknown = |option, problem: String| BadOption { option, problem };
    options.when_away = match it.when_away.as_deref() {
        None | Some("bypass") => redis::WhenAway::Bypass,
        Some("stale") => redis::WhenAway::Stale,
        Some("fail") => redis::WhenAway::Fail,
        Some(other) => {
            let problem = format!("{other:?} is none of bypass, stale, fail");
            return Err(unknown("cache.whenAway", problem).into());
        }
    };
    options.after_restart = match it.after_restart.as_deref() {
        None | Some("void") => redis::AfterRestart::Void,
        Some("trust") => redis::AfterRestart::Trust,
        Some(other) => {
            let problem = format!("{other:?} is neither void nor trust");
            return Err(unknown("cache.afterRestart", problem).into());
        }
    };
    for (option, given, time) in [
        ("cache.connectTimeout", it.connect_timeout, &mut options.connect_timeout),
        ("cache.commandTimeout", it.command_timeout, &mut options.command_timeout),
        ("cache.maxSilence", it.max_silence, &mut options.max_silence),
    ] {
        if let Some(given) = size::seconds(option, given.map(|ms| ms / 1000.0))? {
            *time = given;
        }
    }
    if let Some(bytes) = it.max_value_bytes {
        options.max_value_bytes = size::parse("cache.maxValueBytes", &bytes)?;
    }
    Ok(options)
}

fn durability_of(name: Option<&str>) -> Result<Durability, BadOption> {
    match name {
        None | Some("process") => Ok(Durability::Process),
        Some("machine") => Ok(Durability::Machine),
        Some(other) => Err(BadOption {
            option: "cache.durability",
            problem: format!("{other:?} is neither process nor machine"),
        }),
    }
}
