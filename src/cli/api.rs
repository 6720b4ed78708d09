//! `organization-operator api`: starts what the HTTP service is made of, and ends it.

use std::{io, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use futures::future;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use super::process::{Parts, Process};
use crate::{
    auth::{
        limiter::Limiter,
        refresh::RefreshTokens,
        secret_files::{self, SecretSources},
        secret_object::SecretObject,
        token::Tokens,
    },
    clock::SystemClock,
    config::{ApiArgs, ApiCommand, ProcessArgs},
    controller::cluster::KubeApi,
    http::{
        layers::{self, Layers},
        router, server,
    },
    runtime::{database::Indexed, readiness::Need},
    service::{
        Service, ServiceSettings,
        directory::Directory,
        objects::{FIELD_MANAGER, KubeObjects},
        watch,
    },
};

/// The service would wait in vain for what it makes there.
#[derive(Debug, thiserror::Error)]
#[error("--api-namespace {0} is not among --watch-namespaces")]
pub struct Unwatched(String);

/// What has to be good before the service may begin: its address, and the keys of its tokens.
pub struct Listening {
    listener: TcpListener,
    tokens: Arc<Tokens>,
    secrets: SecretSources,
}

impl Listening {
    /// Reads the keys and takes the address.
    pub async fn begin(process: &ProcessArgs, args: &ApiArgs) -> anyhow::Result<Self> {
        let (watched, namespace) = (process.namespaces(), api_namespace(process, args));
        if !watched.contains(&None) && !watched.contains(&Some(namespace.clone())) {
            return Err(Unwatched(namespace).into());
        }
        let secrets = args.secrets();
        let tokens = if args.jwt_secret_name.is_some() {
            // The cluster is outside: what it holds may come later. What the settings say is judged now.
            secret_files::load_previous(&secrets).await?;
            Tokens::without_keys(args.access_token_lifetime)
        } else {
            Tokens::new(
                secret_files::load(&secrets).await?,
                args.access_token_lifetime,
            )
        };
        let listener = TcpListener::bind(args.api_address)
            .await
            .with_context(|| format!("--api-address {} can't be had", args.api_address))?;
        Ok(Self {
            listener,
            tokens: Arc::new(tokens),
            secrets,
        })
    }
}

/// Runs the service until it is told to stop.
pub async fn run(command: ApiCommand) -> anyhow::Result<ExitCode> {
    let ApiCommand { process, api } = command;
    let listening = Listening::begin(&process, &api).await?;
    let process = Process::begin(process, Need::OF_API, Indexed::TenantsAndTokens).await?;
    let served = serve(
        process.parts.clone(),
        api,
        listening,
        process.lifecycle.stop(),
    );
    process.lifecycle.start("api", served);
    Ok(process.run().await)
}

/// The service, until `stop` and its drain.
pub async fn serve(
    parts: Parts,
    args: ApiArgs,
    listening: Listening,
    stop: CancellationToken,
) -> io::Result<()> {
    let Listening {
        listener,
        tokens,
        mut secrets,
    } = listening;
    let api = parts.kube_api(FIELD_MANAGER);
    let own_namespace = &parts.args.cluster.operator_namespace;
    secrets.object = args
        .jwt_secret_name
        .clone()
        .map(|name| SecretObject::new(api.clone(), own_namespace.clone(), name, args.insecure_dev));
    let directory = Arc::new(Directory::of(parts.args.namespaces()));
    let service = Arc::new(service(
        &parts,
        &args,
        api,
        Arc::clone(&directory),
        Arc::clone(&tokens),
    ));
    let limits = args.limits(parts.args.shutdown_grace);
    let layers = Layers {
        limits,
        routes: router::NAMES,
        answers: router::ANSWERS,
        trusted_proxies: args.proxies(),
        observer: Arc::new(parts.metrics.clone()),
    };
    let app = layers::wrap(router::router(service), layers);
    let mut fed = Vec::new();
    for scope in parts.args.namespaces() {
        let client = watch::client(parts.clients.config.clone(), &scope, &directory);
        let client = client.map_err(io::Error::other)?;
        fed.push(watch::feed(client, scope, Arc::clone(&directory)));
    }
    let beside = future::join3(
        future::join_all(fed),
        secret_files::keep(tokens, secrets, |keys| told_of_keys(&parts, keys)),
        await_directory(&directory, &parts),
    );
    tokio::select! {
        served = server::serve(listener, app, limits, stop) => served,
        _ = beside => Err(io::Error::other("the watch of the organizations ended")),
    }
}

/// Where organizations are made that are asked for through HTTP.
fn api_namespace(process: &ProcessArgs, args: &ApiArgs) -> String {
    let namespace = args.api_namespace.clone();
    namespace.unwrap_or_else(|| process.cluster.operator_namespace.clone())
}

async fn await_directory(directory: &Directory, parts: &Parts) {
    parts.definition(false).served(&parts.readiness).await;
    let listed = |directory: &Directory| directory.is_listed().then_some(());
    directory.whenever(listed).await;
    let _ = parts.readiness.met(Need::Directory);
}

fn told_of_keys(parts: &Parts, keys: Result<(), &str>) {
    let _ = match keys {
        Ok(()) => parts.readiness.met(Need::JwtSecret),
        Err(why) => parts.readiness.unmet(Need::JwtSecret, why.to_owned()),
    };
}

fn service(
    parts: &Parts,
    args: &ApiArgs,
    api: KubeApi,
    directory: Arc<Directory>,
    tokens: Arc<Tokens>,
) -> Service {
    Service {
        directory,
        objects: Arc::new(KubeObjects::new(api)),
        tenants: Arc::clone(&parts.store) as _,
        logins: Arc::clone(&parts.store) as _,
        refreshes: RefreshTokens::new(Arc::clone(&parts.store) as _, args.refresh_token_lifetime),
        tokens,
        limiter: Limiter::new(&args.throttling(), Instant::now().into_std()),
        pool: Arc::clone(&parts.pool),
        clock: Arc::new(SystemClock),
        settings: ServiceSettings {
            namespace: api_namespace(&parts.args, args),
            self_service: args.self_service,
            max_organizations: args.max_organizations,
            deletion_policy: args.api_deletion_policy.into(),
            anonymous_read: args.allow_anonymous_read,
            bcrypt_cost: parts.args.bcrypt_cost,
        },
    }
}
