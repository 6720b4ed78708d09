//! TLS to MongoDB, by the connection string's own options. The server of the tests speaks none, so a
//! front in the process of the tests does it for it.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use mongodb::options::{ClientOptions, ServerAddress};
use organization_operator_harness::{home::Home, pki::Pki};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    process::Command,
    task::{JoinSet, block_in_place},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::{
    mongo_users::as_operator, process::BINARY, relay, samples::organization, servers::servers,
    world::World,
};

/// Ends with its value.
struct TlsFront {
    port: u16,
    authority: String,
    _home: Home,
    _tasks: JoinSet<Result<()>>,
}

fn authority(name: &str) -> Result<(Home, Pki)> {
    let home = Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))?;
    let pki = Pki::open(&home)?;
    Ok((home, pki))
}

fn path(pki: &Pki, file: &str) -> String {
    pki.file(file).to_string_lossy().into_owned()
}

impl TlsFront {
    async fn start() -> Result<Self> {
        let (home, pki) = authority("e2e-tls")?;
        let certificate = CertificateDer::from_pem_file(pki.file("apiserver.crt"))?;
        let key = PrivateKeyDer::from_pem_file(pki.file("apiserver.key"))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        let options = ClientOptions::parse(servers()?.mongo.url()).await?;
        let Some(ServerAddress::Tcp { host, port }) = options.hosts.first().cloned() else {
            return Err(anyhow!("the server has no address"));
        };
        let server = (host, port.context("no port")?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            server,
        ));
        Ok(Self {
            port,
            authority: path(&pki, "ca.crt"),
            _home: home,
            _tasks: tasks,
        })
    }

    /// Where that world's operator comes in, who trusts that authority.
    fn url(&self, world: &World, authority: &str) -> Result<String> {
        let server = as_operator(servers()?.mongo.url(), world.database.name())?;
        let front = relay::at(&server, &format!("127.0.0.1:{}", self.port))?;
        let more = if front.contains('?') { '&' } else { '?' };
        Ok(format!("{front}{more}tls=true&tlsCAFile={authority}"))
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server: (String, u16)) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let (acceptor, server) = (acceptor.clone(), server.clone());
        connections.spawn(async move {
            let mut client = acceptor.accept(client).await?;
            let mut upstream = TcpStream::connect((server.0.as_str(), server.1)).await?;
            copy_bidirectional(&mut client, &mut upstream).await
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_what_the_connection_string_says_and_a_strange_authority_is_named() -> Result<()> {
    let front = TlsFront::start().await?;
    let (_home, strangers) = authority("e2e-tls-strangers")?;
    let file = servers()?.home.dir().join("tls-mongo-url");
    let flags = ["--mongo-url-file", &file.to_string_lossy()];
    let world = World::unready("tls", servers()?.mongo.url(), &flags).await?;
    let authority = path(&strangers, "ca.crt");
    std::fs::write(&file, front.url(&world, &authority)?)?;
    block_in_place(|| world.operator.spawn())?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "MongoUnavailable").await?;
    world
        .eventually(
            "/readyz says what is wrong with the certificate",
            || async {
                let (_, text) = world
                    .operator
                    .get("/readyz")
                    .map_err(|error| anyhow!(error))?;
                Ok(text.contains("mongodb: ") && text.contains("invalid peer certificate"))
            },
        )
        .await?;

    std::fs::write(&file, front.url(&world, &front.authority)?)?;
    world.settled("acme", "Succeeded").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_file_that_is_not_there_is_a_bad_setting_and_said_in_one_line() -> Result<()> {
    let url = "mongodb://127.0.0.1:1/?tls=true&tlsCAFile=/nowhere/ca.crt";
    let output = Command::new(BINARY)
        .args(["controller", "--health-address", "127.0.0.1:0"])
        .env_clear()
        .env("MONGO_URL", url)
        .output()
        .await?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("TLS options") && said.contains("/nowhere/ca.crt"),
        "{said}"
    );
    Ok(())
}
