<?php
$DB = [
	'TYPE' => 'POSTGRESQL', 'SERVER' => '127.0.0.1', 'PORT' => getenv('DB_PORT'), 'DATABASE' => getenv('DB_NAME'), 'USER' => getenv('DB_USER'), 'PASSWORD' => '', 'SCHEMA' => '',
	'ENCRYPTION' => false, 'KEY_FILE' => '', 'CERT_FILE' => '', 'CA_FILE' => '', 'VERIFY_HOST' => false, 'CIPHER_LIST' => '',
	'VAULT_URL' => '', 'VAULT_DB_PATH' => '', 'VAULT_TOKEN' => '', 'DOUBLE_IEEE754' => true,
];
$ZBX_SERVER_NAME = '';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
